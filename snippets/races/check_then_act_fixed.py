import threading
from collections.abc import Callable
from threading import Thread


class Registry:
    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.lock = threading.Lock()

    def get(self, name: str, create: Callable[[str], str]) -> str:
        with self.lock:
            if name not in self.items:
                self.items[name] = create(name)
            return self.items[name]


def main() -> None:
    registry = Registry()
    created: list[str] = []

    def connect(name: str) -> str:
        created.append(name)
        return f"connection to {name}"

    first = Thread(target=registry.get, args=("db", connect))
    second = Thread(target=registry.get, args=("db", connect))
    first.start()
    second.start()
    first.join()
    second.join()
    print(f"created: {created}")


if __name__ == "__main__":
    main()
