from collections.abc import Callable
from threading import Barrier, Lock, Thread


class Once:
    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._made: str | None = None
        self._lock = Lock()

    def get(self) -> str:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def main() -> None:
    def connect() -> str:
        print("connecting")
        return "connection"

    connection = Once(connect)
    together = Barrier(5)
    got: list[str] = []

    def use() -> None:
        together.wait()
        got.append(connection.get())

    threads = [Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(got), "threads have it")


if __name__ == "__main__":
    main()
