import asyncio
from asyncio import StreamReader, StreamWriter


async def download(reader: StreamReader, writer: StreamWriter) -> None:
    print("server: begins to write")
    for _ in range(200):
        writer.write(bytes(100_000))  # read from a file
    waiting = writer.transport.get_write_buffer_size()
    print("server: wrote all of the 20 MB")
    print(f"server: over 10 MB in memory: {waiting > 10_000_000}")
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(download, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(5)  # a slow client
    print("client: begins to read")
    print(f"client: got {len(await reader.read()):_}")
    writer.close()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
