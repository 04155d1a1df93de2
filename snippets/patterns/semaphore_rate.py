import asyncio


async def request(number: int, limit: asyncio.Semaphore) -> None:
    async with limit:
        print(f"request {number}")
        await asyncio.sleep(0.25)


async def main() -> None:
    limit = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        for number in range(1, 11):
            group.create_task(request(number, limit))


if __name__ == "__main__":
    asyncio.run(main())
