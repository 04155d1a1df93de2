import asyncio
from asyncio import StreamReader, StreamWriter

kept: list[StreamWriter] = []  # or Python may close them


async def leave(reader: StreamReader, writer: StreamWriter) -> None:
    how = await reader.readline()
    if how == b"close\n":
        writer.close()
    else:
        writer.transport.pause_reading()
        await asyncio.sleep(2)
        if how == b"reset\n":
            writer.close()  # with the ping unread
    kept.append(writer)


async def ask(port: int, how: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{how}\n".encode())
    await asyncio.sleep(1)
    writer.write(b"ping\n")
    await writer.drain()
    print(f"{how}: ping is sent")
    try:
        async with asyncio.timeout(30):
            print(f"{how}: {await reader.readline()!r}")
    except OSError as error:  # TimeoutError is one, too
        print(f"{how}: {type(error).__name__}")
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(leave, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    for how in ("close", "reset", "freeze"):
        await ask(port, how)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
