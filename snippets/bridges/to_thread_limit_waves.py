import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def load(page: int) -> None:
    time.sleep(1 + page / 10)
    print(f"page {page}")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2))
    async with asyncio.TaskGroup() as group:
        for page in range(1, 6):
            group.create_task(asyncio.to_thread(load, page))


if __name__ == "__main__":
    asyncio.run(main())
