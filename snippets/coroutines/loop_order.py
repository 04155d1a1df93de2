import asyncio


async def step() -> None:
    print("task: first step")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(2, print, "timer: 2 s")
    loop.call_later(1, print, "timer: 1 s")
    task = asyncio.create_task(step())
    loop.call_soon(print, "callback: call_soon")
    print("main: lets the loop work")
    await asyncio.sleep(3)
    await task


if __name__ == "__main__":
    asyncio.run(main())
