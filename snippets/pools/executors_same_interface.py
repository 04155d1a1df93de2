import os
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)


def work(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def run(pool: Executor) -> None:
    results = list(pool.map(work, (1, 2, 3)))
    here = sum(pid == os.getpid() for _, pid in results)
    squares = [square for square, _ in results]
    print(f"{squares}, in this process: {here} of {len(results)}")


def main() -> None:
    with ThreadPoolExecutor(max_workers=2) as threads:
        run(threads)
    with ProcessPoolExecutor(max_workers=2) as processes:
        run(processes)


if __name__ == "__main__":
    main()
