import asyncio


async def serve(name: str) -> None:
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(1)
        print(f"{name}: closed")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        names = ("mail", "chat")
        tasks = [group.create_task(serve(name)) for name in names]
        await asyncio.sleep(2)
        print("main: stop")
        for task in tasks:
            task.cancel()
    print(f"main: cancelled {[task.cancelled() for task in tasks]}")


if __name__ == "__main__":
    asyncio.run(main())
