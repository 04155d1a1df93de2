import asyncio

pages: dict[int, asyncio.Task[str]] = {}


async def download(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def fetch(page: int) -> str:
    task = pages.get(page)
    if task is None:
        task = pages[page] = asyncio.create_task(download(page))

        def forget_failure(done: asyncio.Task[str]) -> None:
            if done.cancelled() or done.exception():
                pages.pop(page, None)

        task.add_done_callback(forget_failure)
    return await asyncio.shield(task)


async def main() -> None:
    print(await fetch(1))
    print(await fetch(1))


if __name__ == "__main__":
    asyncio.run(main())
