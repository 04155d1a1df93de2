from collections.abc import Callable
from threading import Thread


class Sessions:
    def __init__(self) -> None:
        self.users = {"a1": "Ann"}

    def close(
        self, key: str, pause: Callable[[], object] = lambda: None
    ) -> None:
        if key in self.users:
            pause()
            del self.users[key]


def main() -> None:
    sessions = Sessions()

    def somebody_closes() -> None:
        other = Thread(target=sessions.close, args=("a1",))
        other.start()
        other.join()

    try:
        sessions.close("a1", somebody_closes)
    except KeyError as error:
        print(f"KeyError: {error}")
    print(f"open: {sessions.users}")


if __name__ == "__main__":
    main()
