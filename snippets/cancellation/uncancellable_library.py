import asyncio


async def fetch() -> str:
    """Of a library that takes a cancellation for a failure."""
    for _ in range(3):
        try:
            await asyncio.sleep(4)
            return "page"
        except BaseException:
            print("library: tries again")
    return "nothing"


async def main() -> None:
    task = asyncio.create_task(fetch())
    done, _ = await asyncio.wait([task], timeout=1)
    if not done:
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        print(f"main: goes on, done: {bool(done)}")
    await task
    print("main: it has ended")


if __name__ == "__main__":
    asyncio.run(main())
