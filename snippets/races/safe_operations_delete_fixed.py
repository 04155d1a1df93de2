from threading import Thread


class Sessions:
    def __init__(self) -> None:
        self.users = {"a1": "Ann"}

    def close(self, key: str) -> bool:
        return self.users.pop(key, None) is not None


def main() -> None:
    sessions, closed = Sessions(), list[bool]()
    threads = [
        Thread(target=lambda: closed.append(sessions.close("a1")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"open: {sessions.users}")
    print(f"closed {closed.count(True)} time")


if __name__ == "__main__":
    main()
