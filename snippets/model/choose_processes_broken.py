import multiprocessing
from multiprocessing.synchronize import Event


def fetch(reply: Event) -> None:
    reply.wait()


def main() -> None:
    reply = multiprocessing.Event()
    fetches = [
        multiprocessing.Process(target=fetch, args=(reply,))
        for _ in range(4)
    ]
    for process in fetches:
        process.start()
    print(f"waiting: {sum(fetch.is_alive() for fetch in fetches)}")
    print(f"processes: {len(multiprocessing.active_children())}")
    reply.set()
    for process in fetches:
        process.join()


if __name__ == "__main__":
    main()
