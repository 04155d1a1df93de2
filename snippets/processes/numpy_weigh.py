# pip install numpy
import pickle
from multiprocessing.shared_memory import SharedMemory

import numpy as np


def weight(thing: object) -> str:
    return f"{len(pickle.dumps(thing)) // 1000} kB"


def main() -> None:
    numbers = np.zeros(10**6, np.int64)
    block = SharedMemory(create=True, size=numbers.nbytes)
    try:
        shared = np.frombuffer(block.buf, np.int64, count=10**6)
        print("array:", weight(numbers))
        print("a tenth of it:", weight(numbers[: 10**5]))
        print("block:", weight(block))
        print("array over the block:", weight(shared))
        del shared
    finally:
        block.unlink()
        block.close()


if __name__ == "__main__":
    main()
