import multiprocessing
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty


def produce(queue: "Queue[bytes]") -> None:
    queue.put(b"x" * 1_000_000)


def receive(queue: "Queue[bytes]", child: BaseProcess) -> bytes:
    while True:
        alive = child.is_alive()
        try:
            return queue.get(timeout=1)
        except Empty:
            if not alive:
                raise RuntimeError("the child is gone") from None


def main() -> None:
    queue: Queue[bytes] = multiprocessing.Queue()
    child = multiprocessing.Process(target=produce, args=(queue,))
    child.start()
    print(f"received: {len(receive(queue, child))}")
    child.join()
    print(f"child is still alive: {child.is_alive()}")


if __name__ == "__main__":
    main()
