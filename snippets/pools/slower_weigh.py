import pickle
from collections.abc import Callable
from functools import partial


class Catalog:
    def __init__(self) -> None:
        self.rows = bytes(10**6)

    def look_up(self, word: str) -> int:
        return self.rows.count(word.encode())


def look_up(catalog: Catalog, word: str) -> int:
    return catalog.look_up(word)


def weight(function: Callable[..., int], *arguments: object) -> str:
    return f"{len(pickle.dumps((function, arguments))) // 1000} kB"


def main() -> None:
    catalog = Catalog()
    print("a word alone:", weight(len, "tea"))
    print("catalog and word:", weight(look_up, catalog, "tea"))
    print("partial:", weight(partial(look_up, catalog), "tea"))
    print("method:", weight(catalog.look_up, "tea"))


if __name__ == "__main__":
    main()
