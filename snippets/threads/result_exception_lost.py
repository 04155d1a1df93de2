import threading


def divide(a: int, b: int) -> float:
    return a / b


def main() -> None:
    worker = threading.Thread(target=divide, args=(6, 0))
    worker.start()
    worker.join()
    print(f"main: goes on, worker is alive: {worker.is_alive()}")


if __name__ == "__main__":
    main()
