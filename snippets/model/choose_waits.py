import asyncio


async def fetch(page: int) -> int:
    await asyncio.sleep(1)
    return page


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(page)) for page in range(1000)]
    print(f"pages: {len([task.result() for task in tasks])}")


if __name__ == "__main__":
    asyncio.run(main())
