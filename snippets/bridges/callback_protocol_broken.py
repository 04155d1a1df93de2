import asyncio
import socket


async def save(text: str) -> None:
    await asyncio.to_thread(print, f"saved: {text}")


class Inbox(asyncio.Protocol):
    async def data_received(self, data: bytes) -> None:
        print("inbox: a letter")
        await save(data.decode())


async def main() -> None:
    ours, theirs = socket.socketpair()
    connect = asyncio.get_running_loop().create_connection
    await connect(Inbox, sock=ours)
    theirs.sendall(b"hello")
    await asyncio.sleep(0.2)
    print("main: end")


if __name__ == "__main__":
    asyncio.run(main())
