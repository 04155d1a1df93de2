from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, current_thread

callback_is_added = Event()


def report(future: Future[bool]) -> None:
    print(f"callback in {current_thread().name}")


def main() -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
        job = pool.submit(callback_is_added.wait)
        job.add_done_callback(report)
        callback_is_added.set()
    print("main: the job is done")
    job.add_done_callback(report)


if __name__ == "__main__":
    main()
