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
            if not self.items:
                before()
                self.changed.wait()
            return self.items.pop()

    def taste(self) -> str:
        with self.changed:
            self.put("tea")
            return self.get()


def main() -> None:
    def guest() -> None:
        try:
            print(f"guest: {box.get(waits.set)}")
        except IndexError as error:
            print(f"guest: IndexError: {error}")

    box, waits = Box(), Event()
    thread = Thread(target=guest)
    thread.start()
    waits.wait()
    tea = box.taste()
    thread.join()
    print(f"main: {tea}")


if __name__ == "__main__":
    main()
