from collections.abc import Callable
from threading import Event, Thread


def every(
    seconds: float, work: Callable[[], None], stopped: Event
) -> None:
    while not stopped.wait(seconds):
        work()


def main() -> None:
    stopped = Event()
    job = Thread(
        target=every, args=(3600, lambda: print("poll"), stopped)
    )
    job.start()
    print("main: stop")
    stopped.set()
    job.join()
    print("main: did not wait for an hour")


if __name__ == "__main__":
    main()
