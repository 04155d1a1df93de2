import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Barrier


def prepare(barrier: Barrier) -> None:
    global all_begun
    all_begun = barrier
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(number: int) -> None:
    all_begun.wait()
    time.sleep(60)
    print(f"job {number}: done")


def press_ctrl_c() -> None:
    """Interrupt all processes of the program, as a terminal does."""
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    barrier = multiprocessing.Barrier(3)
    with multiprocessing.Pool(2, prepare, (barrier,)) as pool:
        try:
            jobs = pool.map_async(work, range(20))
            barrier.wait()
            press_ctrl_c()
            jobs.get()
        except KeyboardInterrupt:
            print("main: Ctrl+C")
    pool.join()
    print("main: left the pool")


if __name__ == "__main__":
    main()
