from concurrent.futures import ThreadPoolExecutor


def count(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def main() -> None:
    with ThreadPoolExecutor() as pool:
        for numbers in pool.map(count, (1, 6), (5, 10)):
            print(numbers)


if __name__ == "__main__":
    main()
