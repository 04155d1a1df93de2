import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing


async def rows() -> AsyncGenerator[str, None]:
    try:
        yield "first row"
        yield "second row"
    finally:
        print("disconnect")


async def main() -> None:
    async with aclosing(rows()) as stream:
        async for row in stream:
            print(row)
            break
    print("after the block")


if __name__ == "__main__":
    asyncio.run(main())
