import asyncio
import time


def save() -> None:
    time.sleep(2)


async def handle() -> None:
    await asyncio.to_thread(save)
    print("saved")


async def tick() -> None:
    for _ in range(3):
        print("tick")
        await asyncio.sleep(0.9)


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(tick())
        group.create_task(handle())


if __name__ == "__main__":
    asyncio.run(main())
