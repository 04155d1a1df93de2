import asyncio


async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(n)) for n in (1, 2, 3)]
    print([task.result() for task in tasks])


if __name__ == "__main__":
    asyncio.run(main())
