from multiprocessing import Pool

SHEETS = {"north": [1, 2], "south": [3, 4]}


def cell(value: int) -> int:
    return value * 10


def total(sheet: str) -> int:
    with Pool(2) as pool:
        return sum(pool.map(cell, SHEETS[sheet]))


if __name__ == "__main__":
    with Pool(2) as pool:
        try:
            print(pool.map(total, SHEETS))
        except AssertionError as error:
            print(error)
