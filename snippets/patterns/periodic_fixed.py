import asyncio
from collections.abc import Awaitable, Callable


async def poll() -> None:
    print("poll")
    await asyncio.sleep(0.3)  # the request


async def every(
    seconds: float, times: int, work: Callable[[], Awaitable[None]]
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(times):
        mark = start + number * seconds
        await asyncio.sleep(mark - loop.time())
        await work()


if __name__ == "__main__":
    asyncio.run(every(1, 4, poll))
