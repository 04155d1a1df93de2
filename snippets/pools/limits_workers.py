from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

three_inside = Barrier(3)


def work(number: int) -> None:
    print("in")
    three_inside.wait()
    print("out")
    three_inside.wait()


def main() -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        list(pool.map(work, range(6)))


if __name__ == "__main__":
    main()
