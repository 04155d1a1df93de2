import asyncio


async def visit(name: str, limit: asyncio.Semaphore) -> None:
    async with limit:
        print(f"{name}: inside")
        await asyncio.sleep(1)


async def main() -> None:
    limit = asyncio.Semaphore(1)
    await limit.acquire()
    async with asyncio.TaskGroup() as group:
        group.create_task(visit("first in line", limit))
        group.create_task(visit("second in line", limit))
        await asyncio.sleep(1)
        limit.release()
        print(f"released: locked = {limit.locked()}")
        await visit("latecomer", limit)


if __name__ == "__main__":
    asyncio.run(main())
