import asyncio
import socket


async def save(text: str) -> None:
    await asyncio.to_thread(print, f"saved: {text}")


class Inbox(asyncio.Protocol):
    def __init__(self) -> None:
        self.saving: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        print("inbox: a letter")
        task = asyncio.create_task(save(data.decode()))
        self.saving.add(task)
        task.add_done_callback(self.saving.discard)


async def main() -> None:
    ours, theirs = socket.socketpair()
    connect = asyncio.get_running_loop().create_connection
    await connect(Inbox, sock=ours)
    theirs.sendall(b"hello")
    await asyncio.sleep(0.2)
    print("main: end")


if __name__ == "__main__":
    asyncio.run(main())
