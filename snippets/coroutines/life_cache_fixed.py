import asyncio
from functools import cache


async def download(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


@cache
def fetch(page: int) -> asyncio.Task[str]:
    return asyncio.create_task(download(page))


async def main() -> None:
    print(await fetch(1))
    print(await fetch(1))


if __name__ == "__main__":
    asyncio.run(main())
