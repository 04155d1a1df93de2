import asyncio
from collections.abc import Awaitable
from itertools import count

calls = count(1)


async def fetch() -> str:
    if next(calls) == 1:
        raise ConnectionError
    return "page"


async def retry(coroutine: Awaitable[str]) -> str:
    try:
        return await coroutine
    except ConnectionError:
        print("failed, once more")
        return await coroutine


async def main() -> None:
    try:
        print(await retry(fetch()))
    except RuntimeError:
        print("RuntimeError: this coroutine is used up")


if __name__ == "__main__":
    asyncio.run(main())
