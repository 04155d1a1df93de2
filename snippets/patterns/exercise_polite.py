import asyncio


class Polite:
    """At most `places` inside, one every `interval` seconds."""

    def __init__(self, places: int, interval: float) -> None:
        self.inside = asyncio.Semaphore(places)
        self.turn = asyncio.Lock()
        self.interval, self.free = interval, 0.0

    async def __aenter__(self) -> None:
        clock = asyncio.get_running_loop().time
        await self.inside.acquire()
        try:
            async with self.turn:
                await asyncio.sleep(self.free - clock())
                self.free = clock() + self.interval
        except asyncio.CancelledError:
            self.inside.release()
            raise

    async def __aexit__(self, *error: object) -> None:
        self.inside.release()


async def load(page: int, polite: Polite) -> None:
    async with polite:
        print(f"page {page}: asked")
        await asyncio.sleep(1.3)
        print(f"page {page}: here")


async def main() -> None:
    polite = Polite(places=2, interval=0.5)
    await asyncio.gather(*(load(page, polite) for page in range(1, 5)))


if __name__ == "__main__":
    asyncio.run(main())
