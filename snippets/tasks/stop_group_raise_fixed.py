import asyncio


class Stop(Exception):
    """Not an error: the group may stop."""


async def serve() -> None:
    for request in (1, 2, 3):
        await asyncio.sleep(1)
        print(f"serve: request {request}")


async def watch() -> None:
    await asyncio.sleep(1.5)
    print("watch: stop everything")
    raise Stop


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(serve())
            group.create_task(watch())
    except* Stop:
        print("main: the group has stopped")
    await asyncio.sleep(2)
    print("main: nobody served meanwhile")


if __name__ == "__main__":
    asyncio.run(main())
