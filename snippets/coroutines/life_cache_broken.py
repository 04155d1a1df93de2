import asyncio
from functools import cache


@cache
async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def main() -> None:
    print(await fetch(1))
    try:
        print(await fetch(1))
    except RuntimeError:
        print("RuntimeError: the cache holds a used coroutine")


if __name__ == "__main__":
    asyncio.run(main())
