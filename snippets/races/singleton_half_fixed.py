import threading
from collections.abc import Callable
from threading import Thread


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
                    connection = Connection()
                    self.log_in(connection)
                    self.connection = connection
        return self.connection


def main() -> None:
    logins: list[str] = []

    def log_in(connection: Connection) -> None:
        connection.user = "Ann"
        logins.append(connection.user)

    database, users = Database(log_in), []

    def ask() -> None:
        users.append(database.get().user)

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("users:", users)
    print("logins:", logins)


if __name__ == "__main__":
    main()
