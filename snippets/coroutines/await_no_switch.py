import asyncio


async def neighbour() -> None:
    print("neighbour: my turn")


async def nothing() -> str:
    return "a coroutine that waits for nothing"


async def main() -> None:
    task = asyncio.create_task(neighbour())
    print("main: after", await nothing())
    future = asyncio.get_running_loop().create_future()
    future.set_result("a ready future")
    print("main: after", await future)
    lock = asyncio.Lock()
    await lock.acquire()
    print("main: after a free lock, locked:", lock.locked())
    await asyncio.sleep(0)
    print("main: after sleep(0)")
    await task


if __name__ == "__main__":
    asyncio.run(main())
