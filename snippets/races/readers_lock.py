import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    def __init__(self) -> None:
        self.readers = 0
        self.writers = 0  # those who wait and the one inside
        self.writing = threading.Lock()
        self.changed = threading.Condition()

    @contextmanager
    def read(self) -> Iterator[None]:
        with self.changed:
            self.changed.wait_for(lambda: not self.writers)
            self.readers += 1
        try:
            yield
        finally:
            with self.changed:
                self.readers -= 1
                self.changed.notify_all()

    @contextmanager
    def write(self) -> Iterator[None]:
        with self.changed:
            self.writers += 1
        try:
            with self.writing:
                with self.changed:
                    self.changed.wait_for(lambda: not self.readers)
                yield
        finally:
            with self.changed:
                self.writers -= 1
                self.changed.notify_all()


def main() -> None:
    shared = SharedLock()

    def tell() -> None:
        print(f"readers: {shared.readers}, writers: {shared.writers}")

    both = threading.Barrier(2, action=tell)

    def look() -> None:
        with shared.read():
            both.wait()

    looking = [threading.Thread(target=look) for _ in range(2)]
    for reader in looking:
        reader.start()
    for reader in looking:
        reader.join()
    with shared.write():
        tell()


if __name__ == "__main__":
    main()
