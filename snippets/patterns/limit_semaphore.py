import asyncio


async def fetch(page: int, limit: asyncio.Semaphore) -> None:
    async with limit:
        await asyncio.sleep(0.01)


async def main(pages: int = 1000) -> None:
    limit = asyncio.Semaphore(10)
    async with asyncio.TaskGroup() as group:
        for page in range(pages):
            group.create_task(fetch(page, limit))
        print(f"tasks alive: {len(asyncio.all_tasks())}")
    print("all pages are loaded")


if __name__ == "__main__":
    asyncio.run(main())
