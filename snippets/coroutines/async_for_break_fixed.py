import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing


async def rows() -> AsyncGenerator[int, None]:
    try:
        for number in (1, 2, 3):
            yield number
    finally:
        print("rows: cursor closed")


async def main() -> None:
    print("main: database open")
    async with aclosing(rows()) as cursor:
        async for row in cursor:
            print(f"main: row {row}")
            break
    print("main: database closed")


if __name__ == "__main__":
    asyncio.run(main())
