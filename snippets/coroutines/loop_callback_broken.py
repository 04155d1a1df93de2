import asyncio


async def refresh() -> None:
    print("refreshed")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(1, refresh)
    await asyncio.sleep(2)
    print("main: two seconds later")


if __name__ == "__main__":
    asyncio.run(main())
