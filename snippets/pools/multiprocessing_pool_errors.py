import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor


def share(people: int) -> int:
    return 12 // people


def show(pool: str, shares: Iterator[int]) -> None:
    while True:
        try:
            print(f"{pool}: {next(shares)}")
        except ZeroDivisionError:
            print(f"{pool}: nobody to share with")
        except StopIteration:
            print(f"{pool}: the end")
            return


def main() -> None:
    people = (1, 0, 3)
    with multiprocessing.Pool(1) as old:
        show("Pool", old.imap(share, people))
    with ProcessPoolExecutor(1) as new:
        show("Executor", new.map(share, people))


if __name__ == "__main__":
    main()
