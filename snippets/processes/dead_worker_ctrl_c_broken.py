import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Event


def prepare(event: Event) -> None:
    global begun
    begun = event


def work(number: int) -> None:
    begun.set()
    time.sleep(0.3)
    print(f"job {number}: done")


def press_ctrl_c() -> None:
    """Interrupt all processes of the program, as a terminal does."""
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    event = multiprocessing.Event()
    try:
        with ProcessPoolExecutor(1, None, prepare, (event,)) as pool:
            for number in range(3):
                pool.submit(work, number)
            event.wait()
            print("main: Ctrl+C")
            press_ctrl_c()
    except KeyboardInterrupt:
        print("main: left the pool")


if __name__ == "__main__":
    main()
