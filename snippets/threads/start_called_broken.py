import threading


def brew(drink: str) -> None:
    print(f"{drink}: {threading.current_thread().name}")


def main() -> None:
    worker = threading.Thread(target=brew("tea"), name="kettle")
    print("started")
    worker.start()
    worker.join()


if __name__ == "__main__":
    main()
