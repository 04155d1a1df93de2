from queue import Queue
from threading import Thread


def work(jobs: "Queue[str | None]") -> None:
    while (job := jobs.get()) is not None:
        try:
            print(f"worker: {int(job)}")
        except ValueError:
            print(f"worker: {job} is no number")
        finally:
            jobs.task_done()


def main() -> None:
    jobs: Queue[str | None] = Queue()
    worker = Thread(target=work, args=(jobs,))
    worker.start()
    try:
        for job in ("1", "two", "3"):
            jobs.put(job)
        jobs.join()
        print("main: all done")
    finally:
        jobs.put(None)
        worker.join()


if __name__ == "__main__":
    main()
