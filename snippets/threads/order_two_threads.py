import threading


def count(first: int, last: int) -> None:
    for number in range(first, last + 1):
        print(number)


def main() -> None:
    low = threading.Thread(target=count, args=(1, 5))
    high = threading.Thread(target=count, args=(6, 10))
    low.start()
    high.start()
    low.join()
    high.join()


if __name__ == "__main__":
    main()
