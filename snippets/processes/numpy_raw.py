# pip install numpy
from concurrent.futures import ProcessPoolExecutor
from ctypes import Array, c_int64
from multiprocessing import RawArray

import numpy as np


def keep(memory: "Array[c_int64]") -> None:
    global numbers
    numbers = np.frombuffer(memory, np.int64)


def double(start: int, stop: int) -> None:
    numbers[start:stop] *= 2


def main() -> None:
    memory = RawArray(c_int64, range(1, 7))
    with ProcessPoolExecutor(
        2, initializer=keep, initargs=(memory,)
    ) as pool:
        list(pool.map(double, (0, 3), (3, 6)))
    print(list(memory))


if __name__ == "__main__":
    main()
