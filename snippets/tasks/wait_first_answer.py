import asyncio


async def download(mirror: str, seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
        return mirror
    except asyncio.CancelledError:
        print(f"{mirror}: cancelled")
        raise


async def main() -> None:
    tasks = [
        asyncio.create_task(download("near", 1)),
        asyncio.create_task(download("far", 3)),
    ]
    done, pending = await asyncio.wait(
        tasks,
        return_when=asyncio.FIRST_COMPLETED,
    )
    for task in pending:
        task.cancel()
    await asyncio.wait(tasks)
    print("answers:", [task.result() for task in done])


if __name__ == "__main__":
    asyncio.run(main())
