from threading import Event, Lock, Thread

balance = {"card": 100, "savings": 0}
half_done = Event()
lock = Lock()


def transfer(amount: int) -> None:
    with lock:
        balance["card"] -= amount
        half_done.set()
        balance["savings"] += amount


def audit() -> None:
    half_done.wait()
    with lock:
        print(f"audit: {sum(balance.values())}")


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
