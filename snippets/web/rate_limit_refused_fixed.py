import asyncio


class Server:
    """Refuses for 2 seconds after each request that it refused."""

    closed_until = 0.15

    def get(self, page: int, now: float) -> int:
        status = 429 if now < self.closed_until else 200
        if status == 429:
            self.closed_until = now + 2
        print(f"GET /{page}: {status}")
        return status


class Pace:
    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.free = self.opens = 0.0

    def close(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        self.opens = max(self.opens, now + seconds)
        self.free = max(self.free, self.opens)

    async def turn(self) -> None:
        loop, mark = asyncio.get_running_loop(), -1.0
        while mark < self.opens:
            mark = max(loop.time(), self.free)
            self.free = mark + self.interval
            await asyncio.sleep(mark - loop.time())


async def load(page: int, server: Server, pace: Pace) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(page / 10)
    await pace.turn()
    while server.get(page, loop.time() - begun) == 429:
        pace.close(2)
        await pace.turn()


async def main() -> None:
    server, pace = Server(), Pace(0.25)
    pages = (1, 2, 3)
    await asyncio.gather(*(load(page, server, pace) for page in pages))


if __name__ == "__main__":
    asyncio.run(main())
