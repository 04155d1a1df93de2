import asyncio


async def parse() -> None:
    await asyncio.sleep(1)
    raise ValueError


async def download() -> None:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("download: CancelledError out of await")
        raise


async def main() -> None:
    try:
        await parse()
    except ValueError:
        print("main: ValueError out of await")
    task = asyncio.create_task(download())
    asyncio.get_running_loop().call_later(2, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        print("main: CancelledError out of await")


if __name__ == "__main__":
    asyncio.run(main())
