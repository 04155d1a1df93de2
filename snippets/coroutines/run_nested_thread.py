import asyncio


async def fetch() -> str:
    await asyncio.sleep(1)
    return "page"


def load() -> str:
    return asyncio.run(fetch())


async def neighbour() -> None:
    await asyncio.sleep(0.5)
    print("neighbour: works meanwhile")


async def main() -> None:
    task = asyncio.create_task(neighbour())
    print(await asyncio.to_thread(load))
    await task


if __name__ == "__main__":
    asyncio.run(main())
