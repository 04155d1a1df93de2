import asyncio


async def visit(lock: asyncio.Lock) -> None:
    async with lock:
        await asyncio.sleep(1)


async def visitors(count: int) -> None:
    lock = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(visit(lock))


def main() -> None:
    for count in (1, 2, 1, 2):
        asyncio.run(visitors(count))
        print(f"{count} at once: done")


if __name__ == "__main__":
    main()
