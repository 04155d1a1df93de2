import os
import signal
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory


def run(number: int, lock: Path) -> None:
    try:
        lock.touch(exist_ok=False)  # O_EXCL
    except FileExistsError:
        print(f"run {number}: another one is working")
        return
    try:
        print(f"run {number}: works", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)  # out of memory
    finally:
        lock.unlink()


def main() -> None:
    with TemporaryDirectory() as folder:
        lock = Path(folder, "report.lock")
        for number in 1, 2:
            process = Process(target=run, args=(number, lock))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
