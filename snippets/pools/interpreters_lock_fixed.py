try:
    from concurrent.futures import InterpreterPoolExecutor as Pool
except ImportError:  # before Python 3.14
    from concurrent.futures import ProcessPoolExecutor as Pool

LINES = ("to be or not", "to be")


def count(line: str) -> int:
    return len(line.split())


def main() -> None:
    with Pool(max_workers=2) as pool:
        totals = list(pool.map(count, LINES))
    print(f"words: {sum(totals)}")


if __name__ == "__main__":
    main()
