import asyncio


async def process(number: int, jobs: asyncio.Queue[int]) -> None:
    while job := await jobs.get():
        print(f"process {number}: begins {job}")
        await asyncio.sleep(0.5)  # computes
        print(f"process {number}: ends {job}")


async def main() -> None:
    jobs: asyncio.Queue[int] = asyncio.Queue()
    pool = [asyncio.create_task(process(n, jobs)) for n in (1, 2)]
    for job in (1, 2, 3):
        print(f"parent: packs {job}")
        await asyncio.sleep(1)
        jobs.put_nowait(job)
    for _ in pool:
        jobs.put_nowait(0)  # no more jobs
    for task in pool:
        await task


if __name__ == "__main__":
    asyncio.run(main())
