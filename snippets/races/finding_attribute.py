from threading import Thread


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def add(self) -> None:
        self.value += 1


class Interrupted(Counter):
    """Lets a second thread in after the first read."""

    def __init__(self) -> None:
        super().__init__()
        self.second = Thread(target=self.add)

    def __getattribute__(self, name: str) -> object:
        got = super().__getattribute__(name)
        if name == "value" and self.second.ident is None:
            self.second.start()
            self.second.join()
        return got


if __name__ == "__main__":
    counter = Interrupted()
    counter.add()
    print(f"added 2 times, value {counter.value}")
