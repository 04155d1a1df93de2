import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def report(number: int) -> None:
    time.sleep(10)


async def resolve() -> None:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo("localhost", 80)
    print(f"resolve: found {len(found) > 0}")


async def main(reports: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2))
    jobs = (loop.run_in_executor(reports, report, n) for n in (1, 2))
    await asyncio.gather(*jobs, resolve())
    print("main: reports are ready")


if __name__ == "__main__":
    with ThreadPoolExecutor(2) as pool:
        asyncio.run(main(pool))
