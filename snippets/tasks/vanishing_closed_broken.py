import asyncio
import gc
from typing import Any


async def save() -> None:
    try:
        await asyncio.sleep(10)
    except BaseException as error:
        print(f"save: {type(error).__name__}")
        raise


async def start() -> None:
    saving = asyncio.create_task(save())
    await asyncio.sleep(1)
    print(f"start: saved: {saving.done()}")


def report(_: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    print(f"loop: {about['message']}")


def main() -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(report)
    loop.run_until_complete(start())
    loop.close()
    print("main: the loop is closed")
    gc.collect()


if __name__ == "__main__":
    main()
