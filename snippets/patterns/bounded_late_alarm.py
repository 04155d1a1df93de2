import asyncio
from contextlib import suppress


async def careful(limit: asyncio.BoundedSemaphore) -> None:
    async with limit:
        await asyncio.sleep(3)


async def hasty(limit: asyncio.BoundedSemaphore) -> None:
    try:
        async with asyncio.timeout(1):
            await limit.acquire()
    finally:
        limit.release()


async def main() -> None:
    limit = asyncio.BoundedSemaphore(1)
    task = asyncio.create_task(careful(limit))
    await asyncio.sleep(0)
    with suppress(TimeoutError):
        await hasty(limit)
    print("hasty: gave back what it never had")
    try:
        await task
    except ValueError:
        print("careful: ValueError")


if __name__ == "__main__":
    asyncio.run(main())
