from queue import Queue
from threading import Event, Thread


def work(jobs: Queue[str], go_on: Event) -> None:
    job = jobs.get()
    jobs.task_done()
    go_on.wait()
    print(f"worker: {job} is done")


def main() -> None:
    jobs: Queue[str] = Queue()
    go_on = Event()
    worker = Thread(target=work, args=(jobs, go_on))
    worker.start()
    jobs.put("report")
    jobs.join()
    print("main: join has returned")
    go_on.set()
    worker.join()


if __name__ == "__main__":
    main()
