import asyncio


async def upload() -> None:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("upload: leaves a note to resume")
        raise
    finally:
        print("upload: closes the file")


async def main() -> None:
    task = asyncio.create_task(upload())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    print(f"main: cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
