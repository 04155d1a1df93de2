from threading import Condition, Thread


class Door:
    def __init__(self) -> None:
        self.changed = Condition()
        self.is_open = False

    def open(self) -> None:
        with self.changed:
            self.is_open = True
            self.changed.notify_all()

    def enter(self, timeout: float | None = None) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.is_open, timeout)


def main() -> None:
    door = Door()
    host = Thread(target=door.open)
    host.start()
    host.join()
    print(f"guest entered: {door.enter(timeout=0.05)}")


if __name__ == "__main__":
    main()
