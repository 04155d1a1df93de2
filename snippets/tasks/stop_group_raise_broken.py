import asyncio


async def serve() -> None:
    for request in (1, 2, 3):
        await asyncio.sleep(1)
        print(f"serve: request {request}")


async def watch() -> None:
    await asyncio.sleep(1.5)
    print("watch: stop everything")
    raise asyncio.CancelledError


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(serve())
        group.create_task(watch())
    print("main: the group has ended")


if __name__ == "__main__":
    asyncio.run(main())
