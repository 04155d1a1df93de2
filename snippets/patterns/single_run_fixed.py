import fcntl
import os
import signal
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory


def run(number: int, lock: Path) -> None:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"run {number}: another one is working")
            return
        print(f"run {number}: works", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)  # out of memory


def main() -> None:
    with TemporaryDirectory() as folder:
        lock = Path(folder, "report.lock")
        for number in 1, 2:
            process = Process(target=run, args=(number, lock))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
