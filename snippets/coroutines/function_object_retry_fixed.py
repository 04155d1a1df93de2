import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

calls = count(1)


async def fetch() -> str:
    if next(calls) == 1:
        raise ConnectionError
    return "page"


async def retry(function: Callable[[], Awaitable[str]]) -> str:
    try:
        return await function()
    except ConnectionError:
        print("failed, once more")
        return await function()


async def main() -> None:
    print(await retry(fetch))


if __name__ == "__main__":
    asyncio.run(main())
