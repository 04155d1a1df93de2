from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool, active_children

SHEETS = {"north": [1, 2], "south": [3, 4]}


def cell(value: int) -> int:
    return value * 10


def total(sheet: str) -> tuple[str, int, int]:
    with Pool(2) as pool:
        whole = sum(pool.map(cell, SHEETS[sheet]))
        return sheet, whole, len(active_children())


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        for sheet, whole, more in pool.map(total, SHEETS):
            print(f"{sheet}: {whole}, {more} processes more")
