import asyncio
import threading
import time


def copy_files(stop: threading.Event) -> None:
    for number in range(1, 6):
        if stop.is_set():
            print("copying stops")
            return
        time.sleep(1)
        print(f"copied {number}")


async def copying() -> None:
    stop = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(copy_files, stop))
    try:
        await asyncio.shield(work)
    finally:
        stop.set()
        await asyncio.wait([work])


async def main() -> None:
    try:
        async with asyncio.timeout(2.5):
            await copying()
    except TimeoutError:
        print("main: stopped")
    await asyncio.sleep(10)


if __name__ == "__main__":
    asyncio.run(main())
