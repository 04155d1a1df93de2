import threading
from collections.abc import Callable
from threading import Barrier, Thread


class Account:
    def __init__(self, number: int, balance: int) -> None:
        self.number, self.balance = number, balance
        self.lock = threading.Lock()


def transfer(
    source: Account,
    target: Account,
    amount: int,
    pause: Callable[[], object] = lambda: None,
) -> None:
    with source.lock:
        pause()
        with target.lock:
            source.balance -= amount
            target.balance += amount


def main() -> None:
    ann, bob = Account(1, 100), Account(2, 100)
    pause = Barrier(2).wait
    threads = []
    for job in ((ann, bob, 30, pause), (bob, ann, 10, pause)):
        thread = Thread(target=transfer, args=job, daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(timeout=0.05)
    print(f"stuck: {[thread.is_alive() for thread in threads]}")
    print(f"balances: {ann.balance}, {bob.balance}")


if __name__ == "__main__":
    main()
