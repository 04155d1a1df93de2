from queue import Queue
from threading import Thread


def square(numbers: list[int], results: Queue[tuple[int, int]]) -> None:
    for number in numbers:
        results.put((number, number**2))


def main() -> None:
    results: Queue[tuple[int, int]] = Queue()
    low = Thread(target=square, args=([1, 2], results))
    high = Thread(target=square, args=([3, 4], results))
    low.start()
    high.start()
    print(sorted(results.get() for _ in range(4)))
    low.join()
    high.join()


if __name__ == "__main__":
    main()
