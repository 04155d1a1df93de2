import asyncio
from collections.abc import Callable


class Scanner:
    """A library's: it calls back from the loop."""

    def listen(self, on_code: Callable[[str], object]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(1, on_code, "tea")
        loop.call_later(2, on_code, "salt")


async def look_up(code: str) -> None:
    await asyncio.sleep(3 if code == "tea" else 1)
    print(f"{code}: found")


async def look_up_all(codes: asyncio.Queue[str]) -> None:
    while True:
        await look_up(await codes.get())
        codes.task_done()


async def main() -> None:
    codes: asyncio.Queue[str] = asyncio.Queue()
    Scanner().listen(codes.put_nowait)
    async with asyncio.TaskGroup() as group:
        worker = group.create_task(look_up_all(codes))
        await asyncio.sleep(2.5)
        print("main: closes the shop")
        await codes.join()
        worker.cancel()


if __name__ == "__main__":
    asyncio.run(main())
