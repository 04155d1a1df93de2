import threading
from collections.abc import Callable
from threading import Event, Thread


class Connection:
    user = "nobody"


class Database:
    def __init__(self, log_in: Callable[[Connection], None]) -> None:
        self.connection: Connection | None = None
        self.lock = threading.Lock()
        self.log_in = log_in

    def get(self) -> Connection:
        if self.connection is None:
            with self.lock:
                if self.connection is None:
                    self.connection = Connection()
                    self.log_in(self.connection)
        return self.connection


def main() -> None:
    begun, seen = Event(), Event()

    def log_in(connection: Connection) -> None:
        begun.set()
        seen.wait()
        connection.user = "Ann"

    database = Database(log_in)
    first = Thread(target=database.get)
    first.start()
    begun.wait()
    print("second thread is", database.get().user)
    seen.set()
    first.join()
    print("later it is", database.get().user)


if __name__ == "__main__":
    main()
