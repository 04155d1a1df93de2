import asyncio


async def download() -> None:
    print("download: start")
    try:
        await asyncio.sleep(10)
    finally:
        print("download: closed")


async def main() -> None:
    task = asyncio.create_task(download())
    task.cancel()
    await asyncio.wait([task])
    print(f"main: cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
