import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def report() -> str:
    time.sleep(3)
    return "report"


async def tick() -> None:
    while True:
        print("tick")
        await asyncio.sleep(1)


async def main(pool: ThreadPoolExecutor) -> None:
    ticking = asyncio.create_task(tick())
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(1.5):
            await loop.run_in_executor(pool, report)
    except TimeoutError:
        print("main: out of time")
    ticking.cancel()


if __name__ == "__main__":
    with ThreadPoolExecutor() as pool:
        asyncio.run(main(pool))
    print("program: the pool is closed")
