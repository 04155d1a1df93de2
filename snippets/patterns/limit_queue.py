import asyncio


async def fetch(page: int) -> None:
    await asyncio.sleep(0.01)


async def work(queue: asyncio.Queue[int]) -> None:
    while True:
        page = await queue.get()
        try:
            await fetch(page)
        finally:
            queue.task_done()


async def main(pages: int = 1000) -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=10)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work(queue)) for _ in range(10)]
        for page in range(pages):
            await queue.put(page)
        print(f"tasks alive: {len(asyncio.all_tasks())}")
        await queue.join()
        for worker in workers:
            worker.cancel()
    print("all pages are loaded")


if __name__ == "__main__":
    asyncio.run(main())
