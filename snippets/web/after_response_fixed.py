import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

NEW = "INSERT INTO job (what) VALUES (?)"
WAITING = "SELECT id, what FROM job WHERE NOT done"
DONE = "UPDATE job SET done = 1 WHERE id = ?"


def accept(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(NEW, ("letter",))  # committed before the answer
    print("server: accepted and answered", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)  # before the work is done


def work(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        for number, what in db.execute(WAITING).fetchall():
            print(f"worker: {what} is sent")
            with db:
                db.execute(DONE, (number,))


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "jobs.db")
        with closing(sqlite3.connect(path)) as db:
            columns = "id INTEGER PRIMARY KEY, what, done DEFAULT 0"
            db.execute(f"CREATE TABLE job ({columns})")
        for step in (accept, work):
            process = multiprocessing.Process(target=step, args=(path,))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
