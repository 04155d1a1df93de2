import asyncio


async def download(mirror: str, seconds: float, fails: bool) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"{mirror}: cancelled")
        raise
    if fails:
        raise OSError(mirror)
    return mirror


def is_good(task: asyncio.Task[str]) -> bool:
    return not task.cancelled() and not task.exception()


async def first_answer(tasks: set[asyncio.Task[str]]) -> str:
    pending = tasks
    try:
        while pending:
            done, pending = await asyncio.wait(
                pending, return_when=asyncio.FIRST_COMPLETED
            )
            good = [task for task in done if is_good(task)]
            if good:
                return good[0].result()
        raise ConnectionError("no mirror has answered")
    finally:
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)


async def main() -> None:
    mirrors = ("near", 1, True), ("far", 2, False), ("slow", 3, False)
    tasks = {asyncio.create_task(download(*each)) for each in mirrors}
    print("answer:", await first_answer(tasks))


if __name__ == "__main__":
    asyncio.run(main())
