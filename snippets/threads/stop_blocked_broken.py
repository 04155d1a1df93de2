from queue import Queue
from threading import Event, Thread


def work(jobs: Queue[str], stop: Event, waiting: Event) -> None:
    while not stop.is_set():
        waiting.set()
        print(f"worker: {jobs.get()}")


def main() -> None:
    jobs: Queue[str] = Queue()
    stop, waiting = Event(), Event()
    args = (jobs, stop, waiting)
    worker = Thread(target=work, args=args, daemon=True)
    worker.start()
    waiting.wait()
    stop.set()
    worker.join(timeout=0.1)
    print(f"worker still runs: {worker.is_alive()}")


if __name__ == "__main__":
    main()
