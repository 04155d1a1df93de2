import asyncio


async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def main() -> None:
    requests = [fetch(page) for page in (1, 2, 3)]
    try:
        print(await asyncio.gather(requests))
    except TypeError:
        print("TypeError: a list is not awaitable")


if __name__ == "__main__":
    asyncio.run(main())
