import asyncio


async def refresh() -> None:
    print("refreshed")


async def refresh_in(seconds: float) -> None:
    await asyncio.sleep(seconds)
    await refresh()


async def main() -> None:
    task = asyncio.create_task(refresh_in(1))
    await asyncio.sleep(2)
    print("main: two seconds later")
    await task


if __name__ == "__main__":
    asyncio.run(main())
