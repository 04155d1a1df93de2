import threading
from collections.abc import Callable


class Money:
    def __init__(self) -> None:
        self.cash, self.card = 100, 0
        self.lock = threading.Lock()

    def deposit(self, mid: Callable[[], object] = lambda: None) -> None:
        with self.lock:
            self.cash -= 30
            mid()
            self.card += 30

    def total(self) -> int:
        with self.lock:
            return self.cash + self.card

    def total_without_lock(self) -> int:
        return self.cash + self.card


def look(how: str, total: Callable[[], int]) -> None:
    print(f"{how} the lock: {total()}")


def main() -> None:
    money = Money()
    bare = money.total_without_lock
    hasty = threading.Thread(target=look, args=("without", bare))
    patient = threading.Thread(target=look, args=("with", money.total))

    def both_look() -> None:
        patient.start()
        hasty.start()
        hasty.join()

    money.deposit(mid=both_look)
    patient.join()


if __name__ == "__main__":
    main()
