import asyncio
from collections.abc import Iterator


async def fetch(page: int) -> None:
    await asyncio.sleep(0.01)


async def work(pages: Iterator[int]) -> None:
    for page in pages:
        await fetch(page)


async def main(pages: int = 1000) -> None:
    shared = iter(range(pages))
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(work(shared))
        print(f"tasks alive: {len(asyncio.all_tasks())}")
    print("all pages are loaded")


if __name__ == "__main__":
    asyncio.run(main())
