import asyncio
import time
from collections.abc import AsyncIterator, Callable


def convert(pages: int, report: Callable[[int], None]) -> str:
    for page in range(1, pages + 1):
        time.sleep(1)
        report(page)
    return "book.pdf"


async def progress(pages: int) -> AsyncIterator[int | str]:
    loop = asyncio.get_running_loop()
    done: asyncio.Queue[int | None] = asyncio.Queue()

    def report(page: int | None) -> None:
        loop.call_soon_threadsafe(done.put_nowait, page)

    def work() -> str:
        try:
            return convert(pages, report)
        finally:
            report(None)

    working = asyncio.create_task(asyncio.to_thread(work))
    while (page := await done.get()) is not None:
        yield page
    yield await working


async def main() -> None:
    async for page in progress(3):
        print(f"ready: {page}")


if __name__ == "__main__":
    asyncio.run(main())
