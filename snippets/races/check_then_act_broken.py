from collections.abc import Callable
from threading import Barrier, Thread


class Registry:
    def __init__(self) -> None:
        self.items: dict[str, str] = {}

    def get(self, name: str, create: Callable[[str], str]) -> str:
        if name not in self.items:
            self.items[name] = create(name)
        return self.items[name]


def main() -> None:
    registry = Registry()
    created: list[str] = []
    both_create = Barrier(2)

    def connect(name: str) -> str:
        created.append(name)
        both_create.wait()
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
