from threading import Condition, Thread


class Door:
    def __init__(self) -> None:
        self.changed = Condition()

    def open(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def enter(self, timeout: float | None = None) -> bool:
        with self.changed:
            return self.changed.wait(timeout)


def main() -> None:
    door = Door()
    host = Thread(target=door.open)
    host.start()
    host.join()
    print(f"guest entered: {door.enter(timeout=0.05)}")


if __name__ == "__main__":
    main()
