from threading import Thread, local


class Session:
    """Stands for a client that threads must not share."""


class Client(local):
    def __init__(self) -> None:
        self.session = Session()


def main() -> None:
    client = Client()
    asked: list[Session] = []

    def work() -> None:
        for _ in range(5):
            asked.append(client.session)

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"asked {len(asked)} times, {len(set(asked))} sessions")


if __name__ == "__main__":
    main()
