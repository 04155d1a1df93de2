from threading import Event, Thread

balance = {"card": 100, "savings": 0}
half_done = Event()
audited = Event()


def transfer(amount: int) -> None:
    balance["card"] -= amount
    half_done.set()
    audited.wait()
    balance["savings"] += amount


def audit() -> None:
    half_done.wait()
    print(f"audit: {sum(balance.values())}")
    audited.set()


def main() -> None:
    threads = [
        Thread(target=transfer, args=(30,)),
        Thread(target=audit),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"at the end: {sum(balance.values())}")


if __name__ == "__main__":
    main()
