import asyncio


async def fetch(page: int) -> None:
    await asyncio.sleep(0.1)
    if page == 2:
        raise ConnectionError


async def work(queue: asyncio.Queue[int]) -> None:
    while True:
        page = await queue.get()
        await fetch(page)
        queue.task_done()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for page in range(1, 5):
        queue.put_nowait(page)
    workers = [asyncio.create_task(work(queue)) for _ in range(2)]
    try:
        async with asyncio.timeout(1):
            await queue.join()
    except TimeoutError:
        print(f"still waiting, in the queue: {queue.qsize()}")
    print(f"workers left: {sum(not each.done() for each in workers)}")


if __name__ == "__main__":
    asyncio.run(main())
