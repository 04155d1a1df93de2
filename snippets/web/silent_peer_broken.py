import asyncio
from asyncio import Server, StreamReader, StreamWriter

connections = set[StreamWriter]()


async def serve(reader: StreamReader, writer: StreamWriter) -> None:
    connections.add(writer)
    name = "somebody"
    try:
        async for line in reader:
            name = line.decode().strip()
            print(f"server: {name} is here")
        print(f"server: {name} has left")
    finally:
        connections.discard(writer)
        writer.close()


async def ping(server: Server, name: str, times: int) -> StreamWriter:
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(f"{name}\n".encode())
        await writer.drain()
        await asyncio.sleep(10)
    return writer


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1")
    ann, bob = await asyncio.gather(
        ping(server, "Ann", times=4), ping(server, "Bob", times=1)
    )
    ann.close()  # and Bob says nothing more
    await asyncio.sleep(3600)
    print(f"server: {len(connections)} open")
    bob.close()
    await asyncio.sleep(1)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
