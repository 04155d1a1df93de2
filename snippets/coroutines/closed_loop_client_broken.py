import asyncio
import socket
from collections.abc import Coroutine
from threading import Thread


def serve(connection: socket.socket, received: list[str]) -> None:
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            received.append(line.decode().strip())
            connection.sendall(b"answer to " + line)


class Client:
    async def connect(self, sock: socket.socket) -> str:
        streams = await asyncio.open_connection(sock=sock)
        self.reader, self.writer = streams
        return "connected"

    async def ask(self, question: str) -> str:
        self.writer.write(f"{question}\n".encode())
        return (await self.reader.readline()).decode().strip()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def run(step: Coroutine[object, object, str | None]) -> None:
    try:
        print(asyncio.run(step))
    except RuntimeError as error:
        reason = str(error).rpartition(">")[2].strip()
        print(f"{step.__name__}: {reason}")


def main() -> None:
    ours, theirs = socket.socketpair()
    received: list[str] = []
    service = Thread(target=serve, args=(theirs, received))
    service.start()
    client = Client()
    run(client.connect(ours))
    run(client.ask("one"))
    run(client.close())
    ours.shutdown(socket.SHUT_WR)
    service.join()
    print("service got", received)


if __name__ == "__main__":
    main()
