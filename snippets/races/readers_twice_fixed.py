from collections.abc import Callable
from threading import Thread


class Prices:
    def __init__(self) -> None:
        self.current = {"tea": 1, "coffee": 2}

    def double(self) -> None:  # only one thread calls it
        old = self.current
        self.current = {drink: 2 * old[drink] for drink in old}


def order(prices: Prices, between: Callable[[], object]) -> int:
    current = prices.current
    tea = current["tea"]
    between()
    coffee = current["coffee"]
    return tea + coffee


def main() -> None:
    prices = Prices()

    def let_write() -> None:
        writer = Thread(target=prices.double)
        writer.start()
        writer.join()

    print("tea and coffee:", order(prices, between=let_write))
    print("the next order:", order(prices, between=lambda: None))


if __name__ == "__main__":
    main()
