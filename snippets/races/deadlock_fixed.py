import threading


class Account:
    def __init__(self, number: int, balance: int) -> None:
        self.number, self.balance = number, balance
        self.lock = threading.Lock()


def transfer(source: Account, target: Account, amount: int) -> None:
    if source is target:
        return
    first, second = source, target
    if first.number > second.number:
        first, second = second, first
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount


def main() -> None:
    ann, bob = Account(1, 100), Account(2, 100)
    there = threading.Thread(target=transfer, args=(ann, bob, 30))
    back = threading.Thread(target=transfer, args=(bob, ann, 10))
    there.start()
    back.start()
    there.join()
    back.join()
    print(f"balances: {ann.balance}, {bob.balance}")


if __name__ == "__main__":
    main()
