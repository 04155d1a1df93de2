import fcntl
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
        print(f"run {number}: works")
        if number == 1:
            start(2, lock)  # what cron does meanwhile
        print(f"run {number}: done")


def start(number: int, lock: Path) -> None:
    process = Process(target=run, args=(number, lock))
    process.start()
    process.join()


def main() -> None:
    with TemporaryDirectory() as folder:
        lock = Path(folder, "report.lock")
        start(1, lock)
        start(3, lock)


if __name__ == "__main__":
    main()
