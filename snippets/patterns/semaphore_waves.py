import asyncio


async def fetch(page: int, limit: asyncio.Semaphore) -> None:
    print(f"page {page}: in line")
    async with limit:
        print(f"page {page}: loading")
        await asyncio.sleep(1)
        print(f"page {page}: loaded")


async def main() -> None:
    limit = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        for page in range(1, 6):
            group.create_task(fetch(page, limit))


if __name__ == "__main__":
    asyncio.run(main())
