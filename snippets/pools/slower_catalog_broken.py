from concurrent.futures import ProcessPoolExecutor


class Catalog:
    packed = 0

    def __init__(self) -> None:
        self.prices = {"tea": 3, "coffee": 5}

    def __getstate__(self) -> dict[str, object]:
        Catalog.packed += 1
        return self.__dict__

    def price(self, word: str) -> int:
        return self.prices[word]


def main() -> None:
    catalog = Catalog()
    words = ["tea", "coffee"] * 50
    with ProcessPoolExecutor(2) as pool:
        print("sum:", sum(pool.map(catalog.price, words)))
    print("catalog packed:", Catalog.packed)


if __name__ == "__main__":
    main()
