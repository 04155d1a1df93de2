import asyncio
from asyncio import StreamReader, StreamWriter


class Camera:
    def __init__(self) -> None:
        self.writers: list[StreamWriter] = []

    async def broadcast(self, frame: bytes) -> None:
        for writer in self.writers:
            writer.write(frame)
            await writer.drain()

    async def serve(
        self, reader: StreamReader, writer: StreamWriter
    ) -> None:
        self.writers.append(writer)
        await reader.read()  # until the client leaves
        self.writers.remove(writer)
        writer.close()


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
        for number in range(1, 4):
            await asyncio.sleep(1)
            print(f"frame {number}, clients: {len(camera.writers)}")
            await camera.broadcast(bytes([number]) * 20_000_000)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
