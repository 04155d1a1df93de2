# pip install httpx
import asyncio
from asyncio import StreamReader, StreamWriter

import httpx

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def answer(reader: StreamReader, writer: StreamWriter) -> None:
    print("server: new connection")
    while await reader.read(65536):
        await asyncio.sleep(1)  # thinks about the request
        writer.write(ANSWER)
    writer.close()


async def ask(
    client: httpx.AsyncClient, turn: asyncio.Semaphore
) -> None:
    async with turn:
        print("client:", await client.get("/"))


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    turn = asyncio.Semaphore(2)  # as many as connections
    limits = httpx.Limits(max_connections=2)
    timeout = httpx.Timeout(5, pool=0.5)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        limits=limits,
        timeout=timeout,
    ) as client:
        await asyncio.gather(*(ask(client, turn) for _ in range(4)))
    await asyncio.sleep(0.1)  # the server closes its ends
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
