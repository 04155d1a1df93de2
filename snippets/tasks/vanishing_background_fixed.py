import asyncio
import gc
import socket

background: set[asyncio.Task[None]] = set()


async def listen(sock: socket.socket, ready: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection(sock=sock)
    ready.set()
    print("listener: waiting")
    print(f"listener: {(await reader.readline()).decode().strip()}")
    writer.close()


async def main() -> None:
    ours, theirs = socket.socketpair()
    ready = asyncio.Event()
    task = asyncio.create_task(listen(ours, ready))
    background.add(task)
    task.add_done_callback(background.discard)
    del task
    await ready.wait()
    gc.collect()
    theirs.sendall(b"news\n")
    await asyncio.wait(background)
    print(f"main: in the background: {len(background)}")


if __name__ == "__main__":
    asyncio.run(main())
