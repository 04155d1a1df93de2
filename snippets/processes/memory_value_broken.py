from multiprocessing import Barrier, Process, Value
from multiprocessing.sharedctypes import Synchronized
from threading import Barrier as BarrierType


def add_one(
    counter: "Synchronized[int]", both_have_read: BarrierType
) -> None:
    # counter.value += 1 in its three steps, with a pause.
    seen = counter.value
    both_have_read.wait()
    counter.value = seen + 1
    print(f"read {seen}, wrote {seen + 1}")


def main() -> None:
    counter = Value("i", 0)
    both_have_read = Barrier(2)
    children = [
        Process(target=add_one, args=(counter, both_have_read))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(f"parent sees {counter.value}")


if __name__ == "__main__":
    main()
