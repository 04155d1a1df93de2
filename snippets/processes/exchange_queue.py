import multiprocessing
from multiprocessing.queues import Queue


def shout(words: "Queue[str | None]", loud: "Queue[str]") -> None:
    while (word := words.get()) is not None:
        loud.put(word.upper())


def main() -> None:
    words: Queue[str | None] = multiprocessing.Queue()
    loud: Queue[str] = multiprocessing.Queue()
    child = multiprocessing.Process(target=shout, args=(words, loud))
    child.start()
    for word in ("tea", "coffee"):
        words.put(word)
    words.put(None)
    print(loud.get())
    print(loud.get())
    child.join()


if __name__ == "__main__":
    main()
