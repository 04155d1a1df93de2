import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def ask(server: str, seconds: float, timeout: float) -> None:
    time.sleep(min(seconds, timeout))
    if seconds > timeout:
        raise TimeoutError
    print(f"{server}: answered")


async def patiently(server: str, seconds: float) -> None:
    try:
        await asyncio.to_thread(ask, server, seconds, timeout=2)
    except TimeoutError:
        print(f"{server}: out of time")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    await patiently("slow", 10)
    await patiently("quick", 1)


if __name__ == "__main__":
    asyncio.run(main())
