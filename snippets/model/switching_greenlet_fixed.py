# pip install greenlet
from greenlet import getcurrent, greenlet

hub = getcurrent()
account = {"balance": 100}


def log(line: str) -> None:
    hub.switch()  # The log is written over the network.


def withdraw(amount: int) -> None:
    if account["balance"] >= amount:
        account["balance"] -= amount
        log(f"withdraw {amount}")


def main() -> None:
    visitors = [greenlet(withdraw), greenlet(withdraw)]
    for visitor in visitors:
        visitor.switch(100)
    for visitor in visitors:
        visitor.switch()
    print(account)


if __name__ == "__main__":
    main()
