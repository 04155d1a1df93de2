from collections.abc import Callable
from threading import Barrier, Thread


class Till:
    def __init__(self) -> None:
        self.total = 0

    def sell(self, ask_price: Callable[[], int]) -> None:
        self.total += ask_price()


def main() -> None:
    till = Till()
    both_asked = Barrier(2)

    def ask_price() -> int:
        both_asked.wait()
        return 10

    first = Thread(target=till.sell, args=(ask_price,))
    second = Thread(target=till.sell, args=(ask_price,))
    first.start()
    second.start()
    first.join()
    second.join()
    print(f"sold 2 times for 10, total {till.total}")


if __name__ == "__main__":
    main()
