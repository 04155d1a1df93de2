from concurrent.futures import ProcessPoolExecutor


def with_total(prices: list[int]) -> list[int]:
    return [*prices, sum(prices)]


def main() -> None:
    prices = [20, 22]
    with ProcessPoolExecutor(max_workers=1) as pool:
        prices = pool.submit(with_total, prices).result()
    print(prices)


if __name__ == "__main__":
    main()
