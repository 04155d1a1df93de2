from multiprocessing import Process

counter = 0


def count(times: int) -> None:
    global counter
    for _ in range(times):
        counter += 1
    print(f"child counted {counter}")


def main() -> None:
    children = [Process(target=count, args=(100,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(f"parent sees {counter}")


if __name__ == "__main__":
    main()
