import asyncio
import socket


async def main() -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    theirs.sendall(b"hello")

    def read() -> None:
        print("network:", ours.recv(100).decode())
        loop.remove_reader(ours)

    with ours, theirs:
        loop.call_later(0, print, "timer: 0 s")
        loop.add_reader(ours, read)
        loop.call_soon(print, "callback: call_soon")
        await asyncio.sleep(0.1)
        print("main: woken by a timer")


if __name__ == "__main__":
    asyncio.run(main())
