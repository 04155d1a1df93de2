import asyncio


async def consume(name: str, queue: asyncio.Queue[int | None]) -> None:
    while (page := await queue.get()) is not None:
        print(f"{name}: page {page}")
        await asyncio.sleep(1)
    print(f"{name}: stops")


async def main() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    names = ("a", "b")
    for item in (1, 2, 3, 4, *(None for _ in names)):
        queue.put_nowait(item)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(consume(name, queue))
    print("main: everybody has stopped")


if __name__ == "__main__":
    asyncio.run(main())
