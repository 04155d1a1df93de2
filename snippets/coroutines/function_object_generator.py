import asyncio
from collections.abc import AsyncIterator
from inspect import iscoroutinefunction


async def count() -> AsyncIterator[int]:
    yield 1
    yield 2


async def main() -> None:
    print(f"coroutine function: {iscoroutinefunction(count)}")
    print(f"count(): {type(count()).__name__}")
    print([number async for number in count()])


if __name__ == "__main__":
    asyncio.run(main())
