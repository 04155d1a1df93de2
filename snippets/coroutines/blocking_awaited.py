import asyncio


async def load() -> str:
    await asyncio.sleep(2.5)
    return "page"


async def tick() -> None:
    for number in range(4):
        print(f"tick {number}")
        await asyncio.sleep(1)


async def main() -> None:
    ticks = asyncio.create_task(tick())
    await asyncio.sleep(0)
    print("main: asks for the page")
    print(f"main: {await load()}")
    await ticks


if __name__ == "__main__":
    asyncio.run(main())
