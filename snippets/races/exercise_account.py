from threading import Lock, Thread


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance
        self._lock = Lock()

    def withdraw(self, amount: int) -> bool:
        with self._lock:
            if self.balance < amount:
                return False
            self.balance -= amount
            return True


def main() -> None:
    account = Account(100)
    given: list[bool] = []
    threads = [
        Thread(target=lambda: given.append(account.withdraw(30)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("given:", given.count(True), "times")
    print("left:", account.balance)


if __name__ == "__main__":
    main()
