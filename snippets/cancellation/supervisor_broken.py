import asyncio


async def read_feed() -> None:
    print("feed: connected")
    await asyncio.sleep(1)
    raise ConnectionError("feed is lost")


async def supervise(attempts: int) -> None:
    for _ in range(attempts):
        try:
            await read_feed()
        except BaseException as error:
            print(f"again after {type(error).__name__}")


async def main() -> None:
    feed = asyncio.create_task(supervise(attempts=4))
    await asyncio.sleep(1.5)
    print("main: stop")
    feed.cancel()
    await asyncio.wait({feed})
    print(f"main: stopped, cancelled: {feed.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
