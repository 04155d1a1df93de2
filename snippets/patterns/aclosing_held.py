import asyncio
from collections.abc import AsyncIterator


async def rows() -> AsyncIterator[str]:
    try:
        yield "first row"
        yield "second row"
    finally:
        print("disconnect")


async def main() -> None:
    stream = rows()
    async for row in stream:
        print(row)
        break
    await asyncio.sleep(60)
    print("main: end")


if __name__ == "__main__":
    asyncio.run(main())
