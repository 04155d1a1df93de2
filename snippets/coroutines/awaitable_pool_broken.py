import asyncio
from concurrent.futures import ThreadPoolExecutor


async def main() -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(pow, 2, 10)
        try:
            print(await future)
        except TypeError:
            print("TypeError: this future is not asyncio's")


if __name__ == "__main__":
    asyncio.run(main())
