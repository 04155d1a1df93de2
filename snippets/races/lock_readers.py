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

    def look_with_lock() -> None:
        print(f"with the lock: {money.total()}")

    hasty = threading.Thread(target=look)
    patient = threading.Thread(target=look_with_lock)

    def both_look() -> None:
        patient.start()
        hasty.start()
        hasty.join()

    money.deposit(halfway=both_look)
    patient.join()


if __name__ == "__main__":
    main()
