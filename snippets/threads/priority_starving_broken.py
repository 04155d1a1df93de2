import asyncio
from asyncio import PriorityQueue
from itertools import count

Jobs = PriorityQueue[tuple[float, int, str]]
number = count()


async def work(jobs: Jobs) -> None:
    for _ in range(6):
        _, _, name = await jobs.get()
        print(name)
        await asyncio.sleep(1)


async def main() -> None:
    jobs: Jobs = PriorityQueue()
    jobs.put_nowait((2, next(number), "report"))
    async with asyncio.TaskGroup() as group:
        group.create_task(work(jobs))
        for _ in range(5):
            jobs.put_nowait((1, next(number), "urgent"))
            await asyncio.sleep(0.9)


if __name__ == "__main__":
    asyncio.run(main())
