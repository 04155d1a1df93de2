import asyncio
import os
import time
from threading import Thread


def slow_disk(writer: int) -> None:
    time.sleep(1)
    print("disk: answers")
    os.close(writer)


def read_all(reader: int) -> bytes:
    with open(reader, "rb") as file:
        return file.read()


async def main() -> None:
    # The end of a pipe behaves like a file on a slow disk.
    reader, writer = os.pipe()
    Thread(target=slow_disk, args=[writer]).start()
    try:
        async with asyncio.timeout(0.1):
            await asyncio.to_thread(read_all, reader)
    except TimeoutError:
        print("main: out of time")


if __name__ == "__main__":
    asyncio.run(main())
