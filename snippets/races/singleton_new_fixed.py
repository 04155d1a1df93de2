class Basket:
    def __init__(self) -> None:
        self.goods: list[str] = []


basket = Basket()


def main() -> None:
    first = basket
    first.goods.append("tea")
    second = basket
    print("same object:", first is second)
    print("in the basket:", first.goods)


if __name__ == "__main__":
    main()
