import multiprocessing
from multiprocessing.queues import Queue


def produce(queue: "Queue[bytes]") -> None:
    queue.put(b"x" * 1_000_000)


def main() -> None:
    queue: Queue[bytes] = multiprocessing.Queue()
    child = multiprocessing.Process(target=produce, args=(queue,))
    child.start()
    print(f"received: {len(queue.get())}")
    child.join()
    print(f"child is still alive: {child.is_alive()}")


if __name__ == "__main__":
    main()
