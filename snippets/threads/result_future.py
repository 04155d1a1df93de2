from concurrent.futures import ThreadPoolExecutor


def divide(a: int, b: int) -> float:
    return a / b


def main() -> None:
    with ThreadPoolExecutor() as pool:
        good = pool.submit(divide, 6, 2)
        bad = pool.submit(divide, 6, 0)
    print(f"result: {good.result()}")
    try:
        bad.result()
    except ZeroDivisionError:
        print("ZeroDivisionError came to main")


if __name__ == "__main__":
    main()
