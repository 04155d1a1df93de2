import asyncio
import os
from tempfile import TemporaryFile


async def main() -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    reader, writer = os.pipe()
    loop.add_reader(reader, ready.set)
    os.write(writer, b"!")
    await ready.wait()
    print("pipe: there is something to read")
    loop.remove_reader(reader)
    with TemporaryFile() as file:
        try:
            loop.add_reader(file, ready.set)
        except PermissionError as error:
            print("file:", error)
    os.close(reader)
    os.close(writer)


if __name__ == "__main__":
    asyncio.run(main())
