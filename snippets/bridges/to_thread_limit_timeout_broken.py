import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def ask(server: str, seconds: float) -> None:
    time.sleep(seconds)
    print(f"{server}: answered")


async def patiently(server: str, seconds: float) -> None:
    try:
        async with asyncio.timeout(2):
            await asyncio.to_thread(ask, server, seconds)
    except TimeoutError:
        print(f"{server}: out of time")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    await patiently("slow", 10)
    await patiently("quick", 1)


if __name__ == "__main__":
    asyncio.run(main())
