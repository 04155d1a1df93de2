from threading import Thread, current_thread


def brew(drink: str, cups: int) -> None:
    print(f"{current_thread().name}: {cups} cups of {drink}")


def main() -> None:
    worker = Thread(target=brew, args=("tea", 2), name="kettle")
    print(f"created, runs: {worker.is_alive()}")
    worker.start()
    worker.join()
    print(f"joined, runs: {worker.is_alive()}")


if __name__ == "__main__":
    main()
