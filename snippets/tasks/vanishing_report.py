import asyncio
from collections.abc import Coroutine
from typing import Any

background: set[asyncio.Task[Any]] = set()


def start(work: Coroutine[Any, Any, Any], name: str) -> None:
    task = asyncio.create_task(work, name=name)
    background.add(task)
    task.add_done_callback(finish)


def finish(task: asyncio.Task[Any]) -> None:
    background.discard(task)
    if not task.cancelled() and (error := task.exception()):
        print(f"{task.get_name()}: {type(error).__name__}")


async def save() -> None:
    await asyncio.sleep(1)
    raise OSError


async def main() -> None:
    start(save(), name="save")
    await asyncio.sleep(3)
    print("main: done")


if __name__ == "__main__":
    asyncio.run(main())
