import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Event


class Refused(Exception):
    def __init__(self, user: str, reason: str) -> None:
        super().__init__(f"{user}: {reason}")


def start(event: Event) -> None:
    global all_are_sent
    all_are_sent = event


def buy(user: str) -> str:
    all_are_sent.wait()
    if user == "Ann":
        raise Refused(user, "no money")
    return f"sold to {user}"


def main() -> None:
    sent = multiprocessing.Event()
    with ProcessPoolExecutor(1, None, start, (sent,)) as pool:
        orders = [pool.submit(buy, user) for user in ("Ann", "Bob")]
        sent.set()
        for order in orders:
            error = order.exception()
            print(type(error).__name__ if error else order.result())


if __name__ == "__main__":
    main()
