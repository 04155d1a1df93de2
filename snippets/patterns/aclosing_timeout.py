import asyncio
from collections.abc import AsyncIterator


async def rows() -> AsyncIterator[str]:
    async with asyncio.timeout(2):
        yield "first row"
        yield "second row"


async def main() -> None:
    stream = rows()
    async for row in stream:
        print(row)
        break
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("main: cancelled, but by whom?")


if __name__ == "__main__":
    asyncio.run(main())
