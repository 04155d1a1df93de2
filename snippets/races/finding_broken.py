import threading
from threading import Thread


class Stock:
    def __init__(self, left: int) -> None:
        self.left = left
        self.lock = threading.Lock()

    def is_empty(self) -> bool:
        with self.lock:
            return self.left == 0

    def remove(self) -> None:
        with self.lock:
            self.left -= 1

    def take(self) -> None:
        if not self.is_empty():
            self.remove()


class Interrupted(Stock):
    """Lets a second thread in after the first check."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.second = Thread(target=self.take)

    def is_empty(self) -> bool:
        empty = super().is_empty()
        if self.second.ident is None:
            self.second.start()
            self.second.join()
        return empty


if __name__ == "__main__":
    stock = Interrupted(left=1)
    stock.take()
    print(f"left: {stock.left}")
