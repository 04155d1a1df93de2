import asyncio


async def load() -> str:
    await asyncio.sleep(1)
    return "page"


async def neighbour() -> None:
    await asyncio.sleep(0.5)
    print("neighbour: works meanwhile")


async def main() -> None:
    task = asyncio.create_task(neighbour())
    print("main: asks for the page")
    page = await load()
    print(f"main: got the {page}")
    await task


if __name__ == "__main__":
    asyncio.run(main())
