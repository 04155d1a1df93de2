import asyncio


async def places(limit: asyncio.Semaphore) -> int:
    taken = 0
    while not limit.locked():
        await limit.acquire()
        taken += 1
    return taken


async def main() -> None:
    for kind in (asyncio.Semaphore, asyncio.BoundedSemaphore):
        limit = kind(2)
        try:
            limit.release()
        except ValueError:
            print(f"{kind.__name__}: ValueError")
        print(f"{kind.__name__}: places = {await places(limit)}")


if __name__ == "__main__":
    asyncio.run(main())
