# pip install numpy
from multiprocessing.shared_memory import SharedMemory

import numpy as np


def main() -> None:
    block = SharedMemory(create=True, size=8)
    block.unlink()
    numbers = np.frombuffer(block.buf, np.int64, count=1)
    try:
        block.close()
    except BufferError as error:
        print("BufferError:", error)
    numbers[0] = 7
    print("still there:", numbers.tolist())
    del numbers
    block.close()
    print("closed")


if __name__ == "__main__":
    main()
