import asyncio
from collections.abc import Awaitable, Callable


def poll(*durations: float) -> Callable[[], Awaitable[None]]:
    left = iter(durations)

    async def work() -> None:
        duration = next(left)
        print(f"poll takes {duration}")
        await asyncio.sleep(duration)

    return work


async def every(
    seconds: float, times: int, work: Callable[[], Awaitable[None]]
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    number = 0
    for _ in range(times):
        mark = start + number * seconds
        await asyncio.sleep(mark - loop.time())
        await work()
        passed = int((loop.time() - start) // seconds)
        number = max(passed, number) + 1  # never the same mark


if __name__ == "__main__":
    asyncio.run(every(1, 5, poll(0.2, 2.5, 0.2, 0.2, 0.2)))
