import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor


async def report(pool: Executor) -> None:
    future = pool.submit(pow, 2, 10)
    print(await asyncio.wrap_future(future))


def main() -> None:
    with ThreadPoolExecutor() as pool:
        asyncio.run(report(pool))


if __name__ == "__main__":
    main()
