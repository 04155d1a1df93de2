import os
from concurrent.futures import ProcessPoolExecutor


def work(number: int) -> int:
    return os.getpid()


def main() -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        pids = list(pool.map(work, range(20)))
    print(f"tasks: {len(pids)}")
    print(f"no more than two processes: {len(set(pids)) <= 2}")


if __name__ == "__main__":
    main()
