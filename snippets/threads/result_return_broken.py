import threading


def square(number: int) -> int:
    return number**2


def main() -> None:
    worker = threading.Thread(target=square, args=(7,))
    worker.start()
    print(f"result: {worker.join()}")


if __name__ == "__main__":
    main()
