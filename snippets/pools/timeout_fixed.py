from concurrent.futures import ThreadPoolExecutor
from threading import Event

stop = Event()


def long_job() -> str:
    while not stop.is_set():
        stop.wait(0.01)  # a portion of work
    print("job: told to stop")
    return "partial result"


def main() -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(long_job)
        try:
            future.result(timeout=0.01)
        except TimeoutError:
            print("main: timeout")
        finally:
            stop.set()  # after Ctrl+C, too: the pool waits for the job
    print(f"main: left the pool with a {future.result()}")


if __name__ == "__main__":
    main()
