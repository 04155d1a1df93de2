import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def careless() -> AsyncIterator[str]:
    print("careless: open")
    yield "connection"
    print("careless: closed")


@asynccontextmanager
async def careful() -> AsyncIterator[str]:
    print("careful: open")
    try:
        yield "connection"
    finally:
        await asyncio.sleep(1)
        print("careful: closed")


async def main() -> None:
    for connect in (careless, careful):
        try:
            async with connect() as connection:
                raise ConnectionError(f"{connection} is lost")
        except ConnectionError as error:
            print(f"main: {error}")


if __name__ == "__main__":
    asyncio.run(main())
