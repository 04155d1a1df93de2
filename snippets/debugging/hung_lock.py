import faulthandler
import signal
import tempfile
from threading import Lock, Thread


class Account:
    def __init__(self, balance: int) -> None:
        self.lock, self.balance = Lock(), balance

    def pay(self, amount: int) -> None:
        with self.lock:
            if self.allows(amount):
                self.balance -= amount

    def allows(self, amount: int) -> bool:
        with self.lock:
            return amount <= self.balance


def main() -> None:
    with tempfile.TemporaryFile("w+") as report:
        faulthandler.register(signal.SIGUSR1, file=report)
        account = Account(100)
        job = Thread(target=account.pay, args=(30,), daemon=True)
        job.start()
        job.join(timeout=1)
        signal.raise_signal(signal.SIGUSR1)  # kill -USR1 PID
        faulthandler.unregister(signal.SIGUSR1)
        report.seek(0)
        for line in report:
            if __file__ in line:
                print(line.partition(", ")[2].strip())


if __name__ == "__main__":
    main()
