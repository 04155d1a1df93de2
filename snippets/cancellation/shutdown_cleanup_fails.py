import asyncio
from typing import Any


def report(_: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    print(f"loop: {about['message']}")
    print(f"loop: {type(about['exception']).__name__}")


async def serve() -> None:
    try:
        await asyncio.sleep(100)
    finally:
        raise ConnectionError


async def main() -> str:
    asyncio.get_running_loop().set_exception_handler(report)
    task = asyncio.create_task(serve())
    await asyncio.sleep(1)
    print(f"main: returns, serving: {not task.done()}")
    return "result"


if __name__ == "__main__":
    print(f"run: {asyncio.run(main())}")
