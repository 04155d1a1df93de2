import asyncio
import os
import time
from threading import Thread


def slow_disk(writer: int) -> None:
    os.write(writer, b"page 1")
    time.sleep(1)
    print("disk: answers")
    os.close(writer)


async def show(reader: int) -> None:
    file = await asyncio.to_thread(open, reader, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, 6):
            print("show:", chunk.decode())
    finally:
        await asyncio.to_thread(file.close)


async def main() -> None:
    reader, writer = os.pipe()
    Thread(target=slow_disk, args=[writer]).start()
    showing = asyncio.create_task(show(reader))
    await asyncio.wait([showing], timeout=0.1)
    showing.cancel()
    await asyncio.sleep(0.1)
    print("main: goes on")
    await asyncio.wait([showing])


if __name__ == "__main__":
    asyncio.run(main())
