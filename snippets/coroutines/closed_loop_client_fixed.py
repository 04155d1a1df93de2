import asyncio
import socket
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


def main() -> None:
    ours, theirs = socket.socketpair()
    received: list[str] = []
    service = Thread(target=serve, args=(theirs, received))
    service.start()
    client = Client()
    with asyncio.Runner() as runner:
        print(runner.run(client.connect(ours)))
        try:
            print(runner.run(client.ask("one")))
        finally:
            runner.run(client.close())
    service.join()
    print("service got", received)


if __name__ == "__main__":
    main()
