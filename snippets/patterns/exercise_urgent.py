import asyncio
from itertools import count


class Jobs:
    def __init__(self) -> None:
        self.queue: asyncio.PriorityQueue[tuple[int, int, str]]
        self.queue = asyncio.PriorityQueue()
        self.number = count()

    def add(self, job: str, urgent: bool = False) -> None:
        self.queue.put_nowait((not urgent, next(self.number), job))

    async def work(self) -> None:
        while True:
            _, _, job = await self.queue.get()
            try:
                await asyncio.sleep(1)
                print(job)
            finally:
                self.queue.task_done()


async def main() -> None:
    jobs = Jobs()
    async with asyncio.TaskGroup() as group:
        worker = group.create_task(jobs.work())
        for job in ("letter 1", "letter 2", "letter 3"):
            jobs.add(job)
        await asyncio.sleep(0.5)
        jobs.add("alarm", urgent=True)
        await jobs.queue.join()
        worker.cancel()


if __name__ == "__main__":
    asyncio.run(main())
