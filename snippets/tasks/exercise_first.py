import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_good(*requests: Coroutine[Any, Any, str]) -> str:
    tasks = [asyncio.create_task(request) for request in requests]
    try:
        for answer in asyncio.as_completed(tasks):
            try:
                return await answer
            except OSError as error:
                print("failed:", error)
        raise OSError("nobody answered")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ask(mirror: str, seconds: float, works: bool = True) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("stopped:", mirror)
        raise
    if not works:
        raise OSError(mirror)
    return mirror


async def main() -> None:
    answers = ask("far", 5), ask("near", 1, False), ask("middle", 2)
    print("answered:", await first_good(*answers))


if __name__ == "__main__":
    asyncio.run(main())
