import asyncio


async def read_feed() -> None:
    print("feed: connected")
    await asyncio.sleep(1)
    raise ConnectionError("feed is lost")


async def supervise() -> None:
    while True:
        try:
            await read_feed()
        except Exception as error:
            print(f"again after {type(error).__name__}")
        await asyncio.sleep(1)


async def main() -> None:
    feed = asyncio.create_task(supervise())
    await asyncio.sleep(2.5)
    print("main: stop")
    feed.cancel()
    await asyncio.wait({feed})
    print(f"main: stopped, cancelled: {feed.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
