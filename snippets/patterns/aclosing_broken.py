import asyncio
from collections.abc import AsyncIterator


async def rows() -> AsyncIterator[str]:
    try:
        yield "first row"
        yield "second row"
    finally:
        print("disconnect")


async def main() -> None:
    async for row in rows():
        print(row)
        break
    print("after the loop")
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
