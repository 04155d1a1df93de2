import asyncio


class Room:
    def __init__(self) -> None:
        self.limit = asyncio.Semaphore(1)
        self.inside = self.most = 0

    async def visit(self) -> None:
        async with self.limit:
            self.inside += 1
            self.most = max(self.most, self.inside)
            try:
                await asyncio.sleep(1)
            finally:
                self.inside -= 1


async def main() -> None:
    room = Room()
    visits = [asyncio.create_task(room.visit()) for _ in range(4)]
    await asyncio.sleep(0.5)
    visits[1].cancel()
    await asyncio.wait(visits)
    print(f"at most inside: {room.most}")


if __name__ == "__main__":
    asyncio.run(main())
