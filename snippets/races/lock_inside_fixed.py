import threading
from collections.abc import Callable


class Till:
    def __init__(self) -> None:
        self.total = 0
        self.lock = threading.Lock()

    def sell(self, ask_price: Callable[[], int]) -> None:
        with self.lock:
            self.total += ask_price()


def main() -> None:
    till = Till()
    inside: list[str] = []

    def ask_price() -> int:
        inside.append("enters")
        inside.append("leaves")
        return 10

    first = threading.Thread(target=till.sell, args=(ask_price,))
    second = threading.Thread(target=till.sell, args=(ask_price,))
    first.start()
    second.start()
    first.join()
    second.join()
    print(inside)
    print(f"sold 2 times for 10, total {till.total}")


if __name__ == "__main__":
    main()
