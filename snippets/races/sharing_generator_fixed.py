from collections.abc import Iterator
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    def __init__(self, source: Iterator[T]) -> None:
        self.source = source
        self.lock = Lock()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self.lock:
            return next(self.source)


def numbers() -> Iterator[int]:
    yield from (1, 2, 3, 4)


def main() -> None:
    shared, got = Shared(numbers()), list[int]()

    def work() -> None:
        for number in shared:
            got.append(number)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"got {sorted(got)}")


if __name__ == "__main__":
    main()
