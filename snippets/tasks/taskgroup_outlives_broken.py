import asyncio

background: set[asyncio.Task[None]] = set()


async def send(what: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    print(f"{what}: sent")


async def place_order() -> None:
    for what, seconds in ("receipt", 3), ("parcel", 1):
        task = asyncio.create_task(send(what, seconds))
        background.add(task)
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
