import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def report(number: int) -> str:
    time.sleep(number)
    return f"report {number}"


async def main() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        jobs = (loop.run_in_executor(pool, report, n) for n in (1, 2))
        print(await asyncio.gather(*jobs))
    print("main: the pool is closed")


if __name__ == "__main__":
    asyncio.run(main())
