from multiprocessing import Process


def square(number: int) -> None:
    print(f"child: {number} squared is {number * number}")


def main() -> None:
    children = [Process(target=square, args=(n,)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(
        f"parent: exit codes {[child.exitcode for child in children]}"
    )


if __name__ == "__main__":
    main()
