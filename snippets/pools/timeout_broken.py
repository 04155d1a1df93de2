from concurrent.futures import ThreadPoolExecutor
from threading import Event

begun, given_up = Event(), Event()


def long_job() -> str:
    begun.set()
    given_up.wait()
    print("job: finished all the same")
    return "result"


def main() -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(long_job)
        begun.wait()  # a job in the queue could be cancelled
        try:
            future.result(timeout=0.01)
        except TimeoutError:
            print("main: timeout")
        print(f"main: cancelled: {future.cancel()}")
        given_up.set()
    print("main: left the pool")


if __name__ == "__main__":
    main()
