import asyncio
from collections.abc import Awaitable, Callable

HEALTHY = 60  # seconds after which old failures are forgotten
DOUBLINGS = 6  # of the pause, which then grows no more


async def supervise(
    work: Callable[[], Awaitable[None]], attempts: int, pause: float
) -> None:
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        started = loop.time()
        try:
            await work()
        except Exception as error:
            if loop.time() - started >= HEALTHY:
                failures = 0
            failures += 1
            print(f"failure {failures}: {error}")
            if failures == attempts:
                raise
        else:
            failures = 0
        doublings = min(max(0, failures - 1), DOUBLINGS)
        await asyncio.sleep(pause * 2**doublings)


async def read_feed() -> None:
    print("feed: connected")
    await asyncio.sleep(1)
    raise ConnectionError("feed is lost")


async def main() -> None:
    try:
        await supervise(read_feed, attempts=3, pause=1)
    except ConnectionError as error:
        print(f"main: {error}, giving up")


if __name__ == "__main__":
    asyncio.run(main())
