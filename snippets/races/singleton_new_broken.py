class Basket:
    _only: "Basket | None" = None

    def __new__(cls) -> "Basket":
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __init__(self) -> None:
        self.goods: list[str] = []


def main() -> None:
    first = Basket()
    first.goods.append("tea")
    second = Basket()
    print("same object:", first is second)
    print("in the basket:", first.goods)


if __name__ == "__main__":
    main()
