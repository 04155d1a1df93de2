import time
from collections.abc import Callable
from threading import Event, Thread


def poll() -> None:
    print("poll")
    time.sleep(0.3)  # the request


def every(
    seconds: float, work: Callable[[], None], stopped: Event
) -> None:
    start = time.monotonic()
    number = 0
    while not stopped.wait(start + number * seconds - time.monotonic()):
        work()
        passed = int((time.monotonic() - start) // seconds)
        number = max(passed, number) + 1  # never the same mark


def main() -> None:
    stopped = Event()
    job = Thread(target=every, args=(1, poll, stopped))
    job.start()
    time.sleep(2.6)
    print("main: stop")
    stopped.set()
    job.join()
    print("main: the thread has ended")


if __name__ == "__main__":
    main()
