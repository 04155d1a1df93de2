import asyncio


async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def main() -> None:
    requests = [fetch(page) for page in (1, 2, 3)]
    print(await asyncio.gather(*requests))


if __name__ == "__main__":
    asyncio.run(main())
