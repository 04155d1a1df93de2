import asyncio
import time


def crunch() -> None:
    time.sleep(3)


async def compute() -> str:
    print("compute: start")
    crunch()
    print("compute: done")
    return "result"


async def main() -> None:
    task = asyncio.create_task(compute())
    await asyncio.sleep(1)
    print(f"main: accepted: {task.cancel()}")
    print(f"main: {await task}")


if __name__ == "__main__":
    asyncio.run(main())
