import asyncio

SECONDS = (3, 2, 1)


async def job(seconds: int) -> int:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"job {seconds}: cancelled")
        raise
    if seconds == 2:
        raise ValueError("no luck")
    print(f"job {seconds}: done")
    return seconds


async def by_gather() -> None:
    await asyncio.gather(*map(job, SECONDS))


async def by_group() -> None:
    async with asyncio.TaskGroup() as group:
        for seconds in SECONDS:
            group.create_task(job(seconds))


async def by_as_completed() -> None:
    for earliest in asyncio.as_completed(map(job, SECONDS)):
        print(f"by_as_completed: result {await earliest}")


async def by_wait() -> None:
    tasks = [asyncio.create_task(job(each)) for each in SECONDS]
    done, _ = await asyncio.wait(tasks)
    print(f"by_wait: {len(done)} done")


async def main() -> None:
    for way in (by_gather, by_group, by_as_completed, by_wait):
        try:
            await way()
        except (ValueError, ExceptionGroup) as error:
            print(f"{way.__name__}: {type(error).__name__}")
            await asyncio.sleep(3)


if __name__ == "__main__":
    asyncio.run(main())
