from threading import Condition, Thread


class Memory:
    def __init__(self, gigabytes: int) -> None:
        self.free = gigabytes
        self.changed = Condition()

    def take(self, amount: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.free >= amount)
            self.free -= amount

    def give(self, amount: int) -> None:
        with self.changed:
            self.free += amount
            self.changed.notify_all()


def use(memory: Memory) -> None:
    memory.take(2)
    memory.give(2)


def main() -> None:
    memory = Memory(gigabytes=2)
    threads = []
    for _ in range(2):
        thread = Thread(target=use, args=(memory,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    print(f"free: {memory.free}")


if __name__ == "__main__":
    main()
