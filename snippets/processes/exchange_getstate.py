from concurrent.futures import ProcessPoolExecutor
from threading import Lock
from typing import Any


class Counter:
    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = Lock()


def work(counter: Counter) -> str:
    with counter.lock:
        return f"{counter.name}: with a lock of its own"


def main() -> None:
    with ProcessPoolExecutor(max_workers=1) as pool:
        print(pool.submit(work, Counter("visits")).result())


if __name__ == "__main__":
    main()
