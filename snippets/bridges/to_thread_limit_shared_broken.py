import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def report(number: int) -> None:
    time.sleep(10)


async def resolve() -> None:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo("localhost", 80)
    print(f"resolve: found {len(found) > 0}")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2))
    async with asyncio.TaskGroup() as group:
        for number in (1, 2):
            group.create_task(asyncio.to_thread(report, number))
        group.create_task(resolve())


if __name__ == "__main__":
    asyncio.run(main())
