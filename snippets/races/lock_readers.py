import threading
from collections.abc import Callable


class Money:
    def __init__(self) -> None:
        self.cash, self.card = 100, 0
        self.lock = threading.Lock()

    def deposit(
        self, halfway: Callable[[], object] = lambda: None
    ) -> None:
        with self.lock:
            self.cash -= 30
            halfway()
            self.card += 30

    def total(self) -> int:
        with self.lock:
            return self.cash + self.card

    def total_without_lock(self) -> int:
        return self.cash + self.card


def main() -> None:
    money = Money()

    def look() -> None:
        print(f"without the lock: {money.total_without_lock()}")

    def look_from_another_thread() -> None:
        reader = threading.Thread(target=look)
        reader.start()
        reader.join()

    money.deposit(halfway=look_from_another_thread)
    print(f"with the lock: {money.total()}")


if __name__ == "__main__":
    main()
