import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def report() -> None:
    time.sleep(2.5)
    print("report: written")


async def tick() -> None:
    while True:
        print("tick")
        await asyncio.sleep(1)


async def main() -> None:
    ticking = asyncio.create_task(tick())
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor()
    try:
        async with asyncio.timeout(1.5):
            await loop.run_in_executor(pool, report)
    except TimeoutError:
        print("main: out of time")
    finally:
        await asyncio.to_thread(pool.shutdown)
    print("main: the pool is closed")
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
