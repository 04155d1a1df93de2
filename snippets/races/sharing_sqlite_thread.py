import sqlite3
from threading import Thread


def count(database: sqlite3.Connection) -> None:
    try:
        (number,) = database.execute("SELECT 1").fetchone()
        print(f"worker: {number}")
    except sqlite3.ProgrammingError as error:
        print(f"worker: {str(error).partition('.')[0]}")


def main() -> None:
    for check in (True, False):
        database = sqlite3.connect(":memory:", check_same_thread=check)
        worker = Thread(target=count, args=(database,))
        worker.start()
        worker.join()
        database.close()


if __name__ == "__main__":
    main()
