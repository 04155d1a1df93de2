from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

taken = 0


def numbers(count: int) -> Iterator[int]:
    global taken
    for number in range(count):
        taken += 1
        yield number


def main() -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(abs, numbers(10_000))
        print(f"taken before the first result: {taken}")
        count = sum(1 for _ in results)
        print(f"results: {count}")


if __name__ == "__main__":
    main()
