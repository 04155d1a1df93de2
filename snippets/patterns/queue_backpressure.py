import asyncio


async def produce(queue: asyncio.Queue[int]) -> None:
    for number in range(1, 5):
        await queue.put(number)
        print(f"put {number}, waiting: {queue.qsize()}")


async def consume(queue: asyncio.Queue[int]) -> None:
    for _ in range(4):
        await asyncio.sleep(1)
        await queue.get()


async def main() -> None:
    for maxsize in (0, 1):
        print(f"maxsize={maxsize}")
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize)
        await asyncio.gather(produce(queue), consume(queue))


if __name__ == "__main__":
    asyncio.run(main())
