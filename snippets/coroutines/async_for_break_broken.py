import asyncio
from collections.abc import AsyncIterator


async def rows() -> AsyncIterator[int]:
    try:
        for number in (1, 2, 3):
            yield number
    finally:
        print("rows: cursor closed")


async def main() -> None:
    print("main: database open")
    async for row in rows():
        print(f"main: row {row}")
        break
    print("main: database closed")
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
