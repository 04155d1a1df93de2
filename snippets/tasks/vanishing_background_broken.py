import asyncio
import gc
import socket


async def listen(sock: socket.socket, ready: asyncio.Event) -> None:
    reader, _writer = await asyncio.open_connection(sock=sock)
    ready.set()
    print("listener: waiting")
    print(f"listener: {(await reader.readline()).decode().strip()}")


async def main() -> None:
    ours, theirs = socket.socketpair()
    ready = asyncio.Event()
    asyncio.create_task(listen(ours, ready))
    await ready.wait()
    gc.collect()
    theirs.sendall(b"news\n")
    await asyncio.sleep(0.1)
    print("main: the news is sent")


if __name__ == "__main__":
    asyncio.run(main())
