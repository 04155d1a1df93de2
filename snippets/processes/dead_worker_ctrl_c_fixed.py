import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Event


def prepare(*events: Event) -> None:
    global begun, stop
    begun, stop = events
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(number: int) -> None:
    if not stop.is_set():
        begun.set()
        while not stop.wait(0.01):  # here: the next piece of work
            pass
        print(f"job {number}: stopped in good order")


def press_ctrl_c() -> None:
    """Interrupt all processes of the program, as a terminal does."""
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    events = multiprocessing.Event(), multiprocessing.Event()
    with ProcessPoolExecutor(1, None, prepare, events) as pool:
        try:
            for number in range(20):
                pool.submit(work, number)
            events[0].wait()
            print("main: Ctrl+C")
            press_ctrl_c()
        except KeyboardInterrupt:
            events[1].set()
            pool.shutdown(cancel_futures=True)
    print("main: left the pool")


if __name__ == "__main__":
    main()
