import asyncio
from typing import Any


def report(_: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    print(f"loop: {about['message']}")


async def save() -> None:
    raise OSError


async def main() -> None:
    asyncio.get_running_loop().set_exception_handler(report)
    task = asyncio.create_task(save())
    await asyncio.sleep(1)
    print(f"main: done: {task.done()}, no message yet")
    await asyncio.sleep(1)
    del task
    print("main: the task is gone")


if __name__ == "__main__":
    asyncio.run(main())
