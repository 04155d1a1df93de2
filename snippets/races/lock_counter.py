import threading


class Counter:
    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()

    def add(self) -> None:
        with self.lock:
            value = self.value
            self.value = value + 1


def add_many(counter: Counter, times: int) -> None:
    for _ in range(times):
        counter.add()


def main() -> None:
    counter = Counter()
    threads = []
    for _ in range(4):
        thread = threading.Thread(target=add_many, args=(counter, 1000))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    print(counter.value)


if __name__ == "__main__":
    main()
