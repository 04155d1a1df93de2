# pip install numpy
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing.shared_memory import SharedMemory

import numpy as np


def double(block: SharedMemory, start: int, stop: int) -> int:
    numbers = np.frombuffer(block.buf, np.int64, count=6)
    numbers[start:stop] *= 2
    total = int(numbers[start:stop].sum())
    del numbers
    block.close()
    return total


def main() -> None:
    block = SharedMemory(create=True, size=6 * 8)
    numbers = np.frombuffer(block.buf, np.int64, count=6)
    try:
        numbers[:] = range(1, 7)
        with ProcessPoolExecutor(2) as pool:
            sums = pool.map(double, repeat(block), (0, 3), (3, 6))
            print("sums of halves:", list(sums))
        print("main sees", numbers.tolist())
    finally:
        del numbers
        block.unlink()
        block.close()


if __name__ == "__main__":
    main()
