from concurrent.futures import ProcessPoolExecutor


def add_total(prices: list[int]) -> None:
    prices.append(sum(prices))


def main() -> None:
    prices = [20, 22]
    with ProcessPoolExecutor(max_workers=1) as pool:
        pool.submit(add_total, prices).result()
    print(prices)


if __name__ == "__main__":
    main()
