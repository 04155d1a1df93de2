import multiprocessing
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty


def shout(words: "Queue[str | None]", loud: "Queue[str]") -> None:
    while (word := words.get()) is not None:
        loud.put(word.upper())


def receive(queue: "Queue[str]", child: BaseProcess) -> str:
    while True:
        alive = child.is_alive()
        try:
            return queue.get(timeout=1)
        except Empty:
            if not alive:
                raise RuntimeError("the child is gone") from None


def main() -> None:
    words: Queue[str | None] = multiprocessing.Queue()
    loud: Queue[str] = multiprocessing.Queue()
    child = multiprocessing.Process(target=shout, args=(words, loud))
    child.start()
    for word in ("tea", "coffee", None):
        words.put(word)
    for _ in range(2):
        print(receive(loud, child))
    child.join()


if __name__ == "__main__":
    main()
