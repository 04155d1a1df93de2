import asyncio


async def send(what: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    print(f"{what}: sent")


async def place_order() -> None:
    async with asyncio.TaskGroup() as group:
        for what, seconds in ("receipt", 3), ("parcel", 1):
            group.create_task(send(what, seconds))
    print("place_order: returns")


async def main() -> None:
    try:
        async with asyncio.timeout(2):
            await place_order()
        print("main: the order is complete")
    except TimeoutError:
        print("main: too slow, the order is cancelled")
    await asyncio.sleep(5)


if __name__ == "__main__":
    asyncio.run(main())
