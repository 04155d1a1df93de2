from multiprocessing import Process, Value
from multiprocessing.sharedctypes import Synchronized


def count(counter: "Synchronized[int]", times: int) -> None:
    for _ in range(times):
        with counter.get_lock():
            counter.value += 1


def main() -> None:
    counter = Value("i", 0)
    children = [
        Process(target=count, args=(counter, 100)) for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(f"parent sees {counter.value}")


if __name__ == "__main__":
    main()
