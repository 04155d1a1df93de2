import asyncio
import time


def copy_files() -> None:
    for number in range(1, 6):
        time.sleep(1)
        print(f"copied {number}")


async def main() -> None:
    try:
        async with asyncio.timeout(2.5):
            await asyncio.to_thread(copy_files)
    except TimeoutError:
        print("main: stopped, as it seems")
    await asyncio.sleep(10)


if __name__ == "__main__":
    asyncio.run(main())
