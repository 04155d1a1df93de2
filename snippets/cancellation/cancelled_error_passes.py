import asyncio


async def poll() -> None:
    while True:
        try:
            await asyncio.sleep(1)
            raise ConnectionError
        except Exception as error:
            print(f"poll: {type(error).__name__}, once more")


async def main() -> None:
    task = asyncio.create_task(poll())
    await asyncio.sleep(2.5)
    task.cancel()
    await asyncio.wait([task])
    print(f"main: cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
