import asyncio

Jobs = asyncio.Queue[str]


async def next_job(jobs: Jobs) -> str:
    return await jobs.get()


async def work(jobs: Jobs) -> None:
    while True:
        print(f"did {await next_job(jobs)}")


def where(task: asyncio.Task[None]) -> str:
    frames = task.get_stack()
    return " > ".join(frame.f_code.co_name for frame in frames)


async def main() -> None:
    jobs: Jobs = asyncio.Queue()
    jobs.put_nowait("report")
    worker = asyncio.create_task(work(jobs), name="worker")
    closing = asyncio.create_task(jobs.join(), name="closing")
    await asyncio.wait({closing}, timeout=5)
    for task in (worker, closing):
        print(f"{task.get_name()}: {where(task)}")


if __name__ == "__main__":
    asyncio.run(main())
