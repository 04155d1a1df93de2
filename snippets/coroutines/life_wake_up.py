import asyncio


async def wait(future: asyncio.Future[None]) -> None:
    await future
    print("waiter: resumed")


async def main() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    task = asyncio.create_task(wait(future))
    await asyncio.sleep(0)
    loop.call_soon(print, "callback: was queued earlier")
    future.set_result(None)
    print(f"main: set_result returned, done: {future.done()}")
    await task


if __name__ == "__main__":
    asyncio.run(main())
