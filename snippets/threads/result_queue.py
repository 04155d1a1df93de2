from collections.abc import Iterable
from queue import Queue
from threading import Thread

Square = tuple[int, int]


def work(numbers: Iterable[int], results: Queue[Square | None]) -> None:
    try:
        for number in numbers:
            results.put((number, number**2))
    finally:
        results.put(None)  # this thread has ended


def collect(parts: list[Iterable[int]]) -> list[Square]:
    results: Queue[Square | None] = Queue()
    for part in parts:
        Thread(target=work, args=(part, results)).start()
    return sorted(
        square for _ in parts for square in iter(results.get, None)
    )


def main() -> None:
    print(collect([[1, 2], [3, 4]]))


if __name__ == "__main__":
    main()
