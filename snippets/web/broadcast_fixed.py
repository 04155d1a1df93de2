import asyncio
from asyncio import Queue, StreamReader, StreamWriter
from contextlib import suppress


class Camera:
    def __init__(self) -> None:
        self.queues: set[Queue[bytes]] = set()

    def broadcast(self, frame: bytes) -> None:
        for queue in self.queues:
            if queue.full():
                queue.get_nowait()  # the oldest frame is skipped
            queue.put_nowait(frame)

    async def serve(
        self, reader: StreamReader, writer: StreamWriter
    ) -> None:
        queue: Queue[bytes] = Queue(maxsize=2)
        self.queues.add(queue)
        sender = asyncio.create_task(send(queue, writer))
        try:
            with suppress(OSError):
                await reader.read()  # until the client leaves
        finally:
            self.queues.remove(queue)
            sender.cancel()
            writer.close()


async def send(queue: Queue[bytes], writer: StreamWriter) -> None:
    with suppress(OSError):  # the client has left
        while True:
            writer.write(await queue.get())
            await writer.drain()


async def watch(name: str, port: int, wakes: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(wakes)
    for _ in range(3):
        frame = await reader.readexactly(20_000_000)
        print(f"{name}: frame {frame[0]}")
    writer.close()


async def main() -> None:
    camera = Camera()
    server = await asyncio.start_server(camera.serve, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with asyncio.TaskGroup() as group:
        group.create_task(watch("fast", port, 0))
        group.create_task(watch("slow", port, 5.5))
        for number in range(1, 6):
            await asyncio.sleep(1)
            print(f"frame {number}, clients: {len(camera.queues)}")
            camera.broadcast(bytes([number]) * 20_000_000)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
