import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor


async def report(pool: Executor) -> None:
    future = pool.submit(pow, 2, 10)
    try:
        print(await future)
    except TypeError:
        print("TypeError: this future is not asyncio's")


def main() -> None:
    with ThreadPoolExecutor() as pool:
        asyncio.run(report(pool))


if __name__ == "__main__":
    main()
