import asyncio


async def fetch(page: int) -> None:
    await asyncio.sleep(0.1)
    if page == 2:
        raise ConnectionError


async def work(queue: asyncio.Queue[int]) -> None:
    while True:
        page = await queue.get()
        try:
            await fetch(page)
        except ConnectionError:
            print(f"page {page}: failed")
        finally:
            queue.task_done()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for page in range(1, 5):
        queue.put_nowait(page)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work(queue)) for _ in range(2)]
        await queue.join()
        print(f"done, in the queue: {queue.qsize()}")
        print(f"workers left: {len(asyncio.all_tasks()) - 1}")
        for worker in workers:
            worker.cancel()


if __name__ == "__main__":
    asyncio.run(main())
