import asyncio


async def download() -> None:
    try:
        print("download: start")
        await asyncio.sleep(10)
        print("download: done")
    finally:
        print("download: closing")
        await asyncio.sleep(1)
        print("download: closed")


async def main() -> None:
    task = asyncio.create_task(download())
    await asyncio.sleep(2)
    accepted = task.cancel()
    print(f"main: accepted: {accepted}, done: {task.done()}")
    await asyncio.wait([task])
    print(f"main: cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
