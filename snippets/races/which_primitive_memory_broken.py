from collections.abc import Callable
from threading import Barrier, Semaphore, Thread


class Memory:
    def __init__(self, gigabytes: int) -> None:
        self.free = Semaphore(gigabytes)

    def take(
        self, amount: int, pause: Callable[[], object] = lambda: None
    ) -> None:
        for _ in range(amount):
            self.free.acquire()
            pause()

    def give(self, amount: int) -> None:
        self.free.release(amount)


def use(memory: Memory, pause: Callable[[], object]) -> None:
    memory.take(2, pause)
    memory.give(2)


def main() -> None:
    memory, pause = Memory(gigabytes=2), Barrier(2).wait
    threads = []
    for _ in range(2):
        thread = Thread(target=use, args=(memory, pause), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(timeout=0.05)
    print(f"stuck: {[thread.is_alive() for thread in threads]}")


if __name__ == "__main__":
    main()
