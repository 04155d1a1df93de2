import asyncio
from collections.abc import AsyncIterator


async def pages() -> AsyncIterator[str]:
    for number in (1, 2):
        await asyncio.sleep(1)
        yield f"page {number}"


async def neighbour() -> None:
    await asyncio.sleep(0.5)
    print("neighbour: works meanwhile")


async def main() -> None:
    task = asyncio.create_task(neighbour())
    async for page in pages():
        print(f"{page}: received")
        await asyncio.sleep(1)
        print(f"{page}: handled")
    await task


if __name__ == "__main__":
    asyncio.run(main())
