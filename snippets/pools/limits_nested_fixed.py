from concurrent.futures import ThreadPoolExecutor


def parts_of(prices: list[int]) -> list[list[int]]:
    return [prices[:2], prices[2:]]


def totals(inner: ThreadPoolExecutor, prices: list[int]) -> list[int]:
    return list(inner.map(sum, parts_of(prices)))


def wait_outside(prices: list[int]) -> list[int]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        parts = pool.submit(parts_of, prices).result()
        return list(pool.map(sum, parts))


def second_pool(prices: list[int]) -> list[int]:
    with (
        ThreadPoolExecutor(max_workers=1) as inner,
        ThreadPoolExecutor(max_workers=1) as outer,
    ):
        return outer.submit(totals, inner, prices).result()


if __name__ == "__main__":
    print(f"waiting outside: {wait_outside([20, 22, 3, 5])}")
    print(f"a second pool: {second_pool([1, 2, 3, 4])}")
