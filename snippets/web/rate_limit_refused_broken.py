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


async def load(page: int, server: Server) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(page / 10)
    for _ in range(3):
        if server.get(page, loop.time() - begun) == 200:
            return
        await asyncio.sleep(2)
    print(f"/{page}: given up")


async def main() -> None:
    server = Server()
    await asyncio.gather(*(load(page, server) for page in (1, 2, 3)))


if __name__ == "__main__":
    asyncio.run(main())
