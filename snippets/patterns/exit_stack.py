import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


@asynccontextmanager
async def connection(name: str) -> AsyncIterator[str]:
    print(f"{name}: open")
    try:
        yield name
    finally:
        await asyncio.sleep(1)
        print(f"{name}: closed")


async def work(names: list[str]) -> None:
    async with AsyncExitStack() as stack:
        for name in names:
            await stack.enter_async_context(connection(name))
        print(f"work with {len(names)}")


if __name__ == "__main__":
    asyncio.run(work(["Ann", "Bob", "Eve"]))
