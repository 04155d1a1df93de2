import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def connected(host: str) -> AsyncIterator[str]:
    await asyncio.sleep(1)
    try:
        yield f"session at {host}"
    finally:
        await asyncio.sleep(1)
        print(f"{host}: closed")


async def main() -> None:
    try:
        async with connected("one") as session:
            print(f"main: {session}")
            raise ValueError("bad page")
    except ValueError as error:
        print(f"main: {error}")


if __name__ == "__main__":
    asyncio.run(main())
