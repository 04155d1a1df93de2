import threading
from collections.abc import Callable


class Prices:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.current = {"tea": 1, "coffee": 2}

    def double(self, each: Callable[[], object]) -> None:
        with self.lock:
            for drink in self.current:
                self.current[drink] *= 2
                each()


def read(prices: Prices) -> None:
    print("reader:", prices.current)


def main() -> None:
    prices = Prices()

    def let_read() -> None:
        reader = threading.Thread(target=read, args=(prices,))
        reader.start()
        reader.join()

    prices.double(each=let_read)
    print("main:", prices.current)


if __name__ == "__main__":
    main()
