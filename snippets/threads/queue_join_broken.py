from queue import Queue
from threading import Thread


def work(jobs: Queue[str]) -> None:
    while True:
        job = jobs.get()
        try:
            number = int(job)
        except ValueError:
            print(f"worker: {job} is no number")
            continue
        print(f"worker: {number}")
        jobs.task_done()


def main() -> None:
    jobs: Queue[str] = Queue()
    Thread(target=work, args=(jobs,), daemon=True).start()
    for job in ("1", "two", "3"):
        jobs.put(job)
    joining = Thread(target=jobs.join, daemon=True)
    joining.start()
    joining.join(timeout=0.5)
    print(f"empty: {jobs.empty()}")
    print(f"join waits: {joining.is_alive()}")
    print(f"not done: {jobs.unfinished_tasks}")


if __name__ == "__main__":
    main()
