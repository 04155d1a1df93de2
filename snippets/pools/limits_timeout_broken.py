from concurrent.futures import ThreadPoolExecutor
from threading import Event

given_up = Event()


def long_job() -> str:
    given_up.wait()
    print("job: finished all the same")
    return "result"


def main() -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(long_job)
        try:
            future.result(timeout=0.01)
        except TimeoutError:
            print("main: timeout")
        print(f"main: cancelled: {future.cancel()}")
        given_up.set()
    print("main: left the pool")


if __name__ == "__main__":
    main()
