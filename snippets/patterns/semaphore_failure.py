import asyncio


async def fail(limit: asyncio.Semaphore) -> None:
    async with limit:
        print("fail: inside")
        await asyncio.sleep(1)
        raise ValueError


async def linger(limit: asyncio.Semaphore) -> None:
    async with limit:
        print("linger: inside")
        await asyncio.sleep(60)


async def main() -> None:
    limit = asyncio.Semaphore(1)
    tasks = [
        asyncio.create_task(fail(limit)),
        asyncio.create_task(linger(limit)),
    ]
    await asyncio.sleep(3)
    tasks[1].cancel()
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        print(type(error).__name__)
    async with limit:
        print("main: inside")


if __name__ == "__main__":
    asyncio.run(main())
