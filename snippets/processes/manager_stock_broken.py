from multiprocessing import Manager, Process
from multiprocessing.managers import DictProxy
from threading import Barrier


def sell(stock: "DictProxy[str, int]", both: Barrier) -> None:
    left = stock["tea"]
    both.wait()  # two processes may well come to this by chance
    stock["tea"] = left - 1


def main() -> None:
    with Manager() as manager:
        stock, both = manager.dict(tea=10), manager.Barrier(2)
        sellers = [
            Process(target=sell, args=(stock, both)) for _ in range(2)
        ]
        for seller in sellers:
            seller.start()
        for seller in sellers:
            seller.join()
        print("sold 2, left", stock["tea"])


if __name__ == "__main__":
    main()
