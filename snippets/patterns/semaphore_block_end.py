import asyncio


async def fetch(page: int, limit: asyncio.Semaphore) -> None:
    async with limit:
        print(f"page {page}: loading")
        await asyncio.sleep(1)
    await asyncio.sleep(2)
    print(f"page {page}: parsed")


async def main() -> None:
    limit = asyncio.Semaphore(1)
    await asyncio.gather(fetch(1, limit), fetch(2, limit))


if __name__ == "__main__":
    asyncio.run(main())
