import asyncio


async def load(page: int, four: asyncio.Semaphore) -> None:
    async with four:
        await asyncio.sleep(0.01)


async def main() -> None:
    four = asyncio.Semaphore(4)
    async with asyncio.TaskGroup() as group:
        for page in range(200):
            group.create_task(load(page, four))
    print("main: 200 requests")


if __name__ == "__main__":
    asyncio.run(main())
