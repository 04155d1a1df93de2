import asyncio


class Found(Exception):
    """Not an error: the group may stop."""


async def search(shelf: str, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(f"{shelf}: stopped")
        raise
    print(f"{shelf}: found")
    raise Found


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(search("left", 3))
            group.create_task(search("middle", 1))
            group.create_task(search("right", 2))
    except* Found:
        pass
    print("main: goes on")


if __name__ == "__main__":
    asyncio.run(main())
