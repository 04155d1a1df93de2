from queue import Queue
from threading import Thread


def work(jobs: Queue[str | None]) -> None:
    while (job := jobs.get()) is not None:
        print(f"worker: {job}")


def main() -> None:
    jobs: Queue[str | None] = Queue()
    worker = Thread(target=work, args=(jobs,))
    worker.start()
    jobs.put("job 1")
    jobs.put(None)
    worker.join()
    print(f"worker still runs: {worker.is_alive()}")


if __name__ == "__main__":
    main()
