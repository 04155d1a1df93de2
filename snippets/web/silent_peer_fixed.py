import asyncio
from asyncio import Server, StreamReader, StreamWriter

connections = set[StreamWriter]()


async def serve(reader: StreamReader, writer: StreamWriter) -> None:
    connections.add(writer)
    name = "somebody"
    try:
        while True:
            async with asyncio.timeout(35):
                line = await reader.readline()
            if not line:
                print(f"server: {name} has left")
                break
            name = line.decode().strip()
            print(f"server: {name} is here")
    except OSError as error:  # TimeoutError is one, too
        print(f"server: {name}: {type(error).__name__}")
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
    await asyncio.sleep(40)
    print(f"server: {len(connections)} open")
    bob.close()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
