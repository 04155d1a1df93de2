import asyncio


async def neighbour() -> None:
    print("neighbour: my turn")


async def nothing() -> None:
    pass


async def main() -> None:
    task = asyncio.create_task(neighbour())
    await nothing()
    print("main: after a coroutine that waits for nothing")
    future = asyncio.get_running_loop().create_future()
    future.set_result("ready")
    await future
    print("main: after a ready future")
    await asyncio.Lock().acquire()
    print("main: after a free lock")
    await asyncio.sleep(0)
    print("main: after sleep(0)")
    await task


if __name__ == "__main__":
    asyncio.run(main())
