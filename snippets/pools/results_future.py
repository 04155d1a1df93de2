from concurrent.futures import ThreadPoolExecutor


def divide(a: int, b: int) -> float:
    return a / b


def main() -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        good = pool.submit(divide, 6, 2)
        bad = pool.submit(divide, 6, 0)
    print(f"good: {good.result()}")
    try:
        bad.result()
    except ZeroDivisionError:
        print("bad: ZeroDivisionError")


if __name__ == "__main__":
    main()
