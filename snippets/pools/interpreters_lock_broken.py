from threading import Lock

try:
    from concurrent.futures import InterpreterPoolExecutor as Pool
except ImportError:  # before Python 3.14
    from concurrent.futures import ProcessPoolExecutor as Pool

LINES = ("to be or not", "to be")


def count(line: str, totals: list[int], lock: Lock) -> None:
    with lock:
        totals.append(len(line.split()))


def main() -> None:
    totals: list[int] = []
    lock = Lock()
    with Pool(max_workers=2) as pool:
        for line in LINES:
            job = pool.submit(count, line, totals, lock)
            if isinstance(job.exception(), TypeError):
                print("TypeError")
    print(f"words: {sum(totals)}")


if __name__ == "__main__":
    main()
