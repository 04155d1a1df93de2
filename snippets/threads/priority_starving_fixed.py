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
    now = asyncio.get_running_loop().time
    jobs.put_nowait((now() + 3, next(number), "report"))
    async with asyncio.TaskGroup() as group:
        group.create_task(work(jobs))
        for _ in range(5):
            jobs.put_nowait((now() + 1, next(number), "urgent"))
            await asyncio.sleep(0.9)


if __name__ == "__main__":
    asyncio.run(main())
