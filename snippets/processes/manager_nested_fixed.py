from multiprocessing import Manager, Process
from multiprocessing.managers import DictProxy, ListProxy


def order(orders: "DictProxy[str, ListProxy[str]]", name: str) -> None:
    orders[name].append("cake")
    print(f"{name} sees {orders[name][:]}")


def main() -> None:
    with Manager() as manager:
        orders = manager.dict({"Ann": manager.list()})
        child = Process(target=order, args=(orders, "Ann"))
        child.start()
        child.join()
        print("main sees", orders["Ann"][:])


if __name__ == "__main__":
    main()
