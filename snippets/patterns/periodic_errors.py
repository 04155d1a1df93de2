import asyncio
import itertools
import logging
import sys
from collections.abc import Awaitable, Callable


def flaky() -> Callable[[], Awaitable[None]]:
    calls = itertools.count(1)

    async def poll() -> None:
        if next(calls) == 2:
            raise ConnectionError("no answer")
        print("poll")

    return poll


async def every(
    seconds: float, work: Callable[[], Awaitable[None]]
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in itertools.count():
        await asyncio.sleep(start + number * seconds - loop.time())
        try:
            await work()
        except Exception as error:
            logging.error("poll failed: %r", error)


async def main() -> None:
    job = asyncio.create_task(every(1, flaky()))
    await asyncio.sleep(2.5)
    job.cancel()
    await asyncio.wait([job])
    print(f"main: stopped, cancelled: {job.cancelled()}")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="log: %(message)s")
    asyncio.run(main())
