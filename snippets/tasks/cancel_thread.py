import asyncio
import time


def copy() -> None:
    time.sleep(3)
    print("thread: copied")


async def main() -> None:
    task = asyncio.create_task(asyncio.to_thread(copy))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    print(f"main: cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
