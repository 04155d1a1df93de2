from collections.abc import Callable
from threading import Thread


class Prices:
    def __init__(self) -> None:
        self.known = {"tea": 3, "coffee": 5}

    def total(self, count: Callable[[], object] = lambda: None) -> int:
        total = 0
        for name in self.known:
            total += self.known[name]
            count()
        return total

    def add(self, name: str, price: int) -> None:
        self.known[name] = price


def main() -> None:
    prices = Prices()

    def somebody_adds() -> None:
        adder = Thread(target=prices.add, args=("cake", 7))
        adder.start()
        adder.join()

    try:
        print(prices.total(count=somebody_adds))
    except RuntimeError as error:
        print(f"RuntimeError: {error}")


if __name__ == "__main__":
    main()
