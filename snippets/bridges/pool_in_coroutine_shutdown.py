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
    pool = ThreadPoolExecutor(max_workers=1)
    pool.submit(report)
    await asyncio.to_thread(pool.shutdown)
    print("main: the pool is closed")
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
