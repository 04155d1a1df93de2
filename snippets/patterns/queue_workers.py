import asyncio


async def consume(name: str, queue: asyncio.Queue[int]) -> None:
    while True:
        page = await queue.get()
        try:
            await asyncio.sleep(page)
            print(f"{name}: page {page}")
        finally:
            queue.task_done()


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
    async with asyncio.TaskGroup() as group:
        consumers = [
            group.create_task(consume(name, queue))
            for name in ("a", "b")
        ]
        for page in range(1, 6):
            await queue.put(page)
        print("main: all pages are queued")
        await queue.join()
        print("main: all pages are done")
        for consumer in consumers:
            consumer.cancel()


if __name__ == "__main__":
    asyncio.run(main())
