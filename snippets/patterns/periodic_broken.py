import asyncio
from collections.abc import Awaitable, Callable


async def poll() -> None:
    print("poll")
    await asyncio.sleep(0.3)  # the request


async def every(
    seconds: float, times: int, work: Callable[[], Awaitable[None]]
) -> None:
    for _ in range(times):
        await work()
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    asyncio.run(every(1, 4, poll))
