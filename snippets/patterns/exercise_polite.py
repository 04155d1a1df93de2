import asyncio


class Polite:
    """At most `places` inside, one every `interval` seconds."""

    def __init__(self, places: int, interval: float) -> None:
        self.inside = asyncio.Semaphore(places)
        self.interval, self.free = interval, 0.0

    async def __aenter__(self) -> None:
        await self.inside.acquire()
        now = asyncio.get_running_loop().time()
        mark = max(now, self.free)
        self.free = mark + self.interval
        try:
            await asyncio.sleep(mark - now)
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
