from threading import Barrier, Thread


class Counter:
    def __init__(self) -> None:
        self.value = 0


def add(counter: Counter, both_have_read: Barrier) -> None:
    value = counter.value
    both_have_read.wait()
    counter.value = value + 1


def main() -> None:
    counter = Counter()
    both_have_read = Barrier(2)
    first = Thread(target=add, args=(counter, both_have_read))
    second = Thread(target=add, args=(counter, both_have_read))
    first.start()
    second.start()
    first.join()
    second.join()
    print(f"added 2 times, value {counter.value}")


if __name__ == "__main__":
    main()
