from multiprocessing import Manager, Process
from multiprocessing.managers import DictProxy
from threading import Lock


def sell(stock: "DictProxy[str, int]", lock: Lock) -> None:
    with lock:
        stock["tea"] -= 1


def main() -> None:
    with Manager() as manager:
        stock, lock = manager.dict(tea=10), manager.Lock()
        sellers = [
            Process(target=sell, args=(stock, lock)) for _ in range(2)
        ]
        for seller in sellers:
            seller.start()
        for seller in sellers:
            seller.join()
        print("sold 2, left", stock["tea"])


if __name__ == "__main__":
    main()
