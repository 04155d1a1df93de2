import fcntl
import multiprocessing
from pathlib import Path
from tempfile import TemporaryDirectory


def start(number: int, path: Path) -> None:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"process {number}: serves only")
        else:
            print(f"process {number}: schedules, too")
            start_next(number + 1, path)


def start_next(number: int, path: Path) -> None:
    process = multiprocessing.Process(target=start, args=(number, path))
    process.start()
    process.join()


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "scheduler.lock")
        start_next(1, path)
        start_next(3, path)  # the first has ended, its lock is free


if __name__ == "__main__":
    main()
