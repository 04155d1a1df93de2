import asyncio


async def send(what: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    print(f"{what}: sent")


async def place_order(background: asyncio.TaskGroup) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(send("parcel", 1))
        background.create_task(send("receipt", 3))
    print("place_order: returns")


async def main() -> None:
    async with asyncio.TaskGroup() as background:
        await place_order(background)
        print("main: the order is complete")
    print("main: nothing is left")


if __name__ == "__main__":
    asyncio.run(main())
