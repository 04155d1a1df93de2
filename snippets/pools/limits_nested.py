from concurrent.futures import ThreadPoolExecutor


def total(pool: ThreadPoolExecutor, prices: list[int]) -> int:
    future = pool.submit(sum, prices)
    try:
        return future.result(timeout=0.1)
    except TimeoutError:
        print(f"nobody is free to sum, cancelled: {future.cancel()}")
        return -1


def main() -> None:
    for workers in (1, 2):
        with ThreadPoolExecutor(max_workers=workers) as pool:
            result = pool.submit(total, pool, [20, 22]).result()
        print(f"workers: {workers}, result: {result}")


if __name__ == "__main__":
    main()
