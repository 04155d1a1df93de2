from multiprocessing import Pool

SHEETS = {"north": [1, 2], "south": [3, 4]}


def cell(place: tuple[str, int]) -> tuple[str, int]:
    sheet, value = place
    return sheet, value * 10


if __name__ == "__main__":
    places = [
        (sheet, value) for sheet in SHEETS for value in SHEETS[sheet]
    ]
    totals = dict.fromkeys(SHEETS, 0)
    with Pool(2) as pool:
        for sheet, value in pool.imap_unordered(cell, places):
            totals[sheet] += value
    print(totals)
