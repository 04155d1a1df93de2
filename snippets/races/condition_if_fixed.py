from collections.abc import Callable
from threading import Condition, Event, Thread


class Box:
    def __init__(self) -> None:
        self.items: list[str] = []
        self.changed = Condition()

    def put(self, item: str) -> None:
        with self.changed:
            self.items.append(item)
            self.changed.notify()

    def get(self, before: Callable[[], object] = lambda: None) -> str:
        with self.changed:
            while not self.items:
                before()
                self.changed.wait()
            return self.items.pop()

    def taste(self) -> str:
        with self.changed:
            self.put("tea")
            return self.get()


def main() -> None:
    box, waits = Box(), Event()

    def guest() -> None:
        print(f"guest: {box.get(waits.set)}")

    thread = Thread(target=guest)
    thread.start()
    waits.wait()
    tea = box.taste()
    box.put("coffee")
    thread.join()
    print(f"main: {tea}")


if __name__ == "__main__":
    main()
