import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Event


def prepare(event: Event) -> None:
    global begun
    begun = event
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(number: int) -> None:
    begun.set()
    time.sleep(60)


def press_ctrl_c() -> None:
    """Interrupt all processes of the program, as a terminal does."""
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    event = multiprocessing.Event()
    with multiprocessing.Pool(2, prepare, (event,)) as pool:
        try:
            job = pool.map_async(work, range(20))
            event.wait()
            press_ctrl_c()
            job.get()
        except KeyboardInterrupt:
            print("main: Ctrl+C")
    pool.join()
    print("main: left the pool")


if __name__ == "__main__":
    main()
