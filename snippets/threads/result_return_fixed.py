from concurrent.futures import ThreadPoolExecutor


def square(number: int) -> int:
    return number**2


def main() -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(square, 7)
        print(f"result: {future.result()}")


if __name__ == "__main__":
    main()
