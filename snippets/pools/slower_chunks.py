import multiprocessing
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
        for size in (1, 25):
            Catalog.packed = 0
            print(
                "sum:",
                sum(pool.map(catalog.price, words, chunksize=size)),
            )
            print(f"chunksize={size}, packed: {Catalog.packed}")
    with multiprocessing.Pool(2) as old_pool:
        Catalog.packed = 0
        print("sum:", sum(old_pool.map(catalog.price, words)))
        print("Pool.map, packed:", Catalog.packed)


if __name__ == "__main__":
    main()
