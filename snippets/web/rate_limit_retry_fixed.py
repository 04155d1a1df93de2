import asyncio


class Rate:
    """Lets pass one after another, `per_second` a second at most."""

    def __init__(self, per_second: float) -> None:
        self._period = 1 / per_second
        self._next = 0.0
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._turn:
            while (left := self._next - loop.time()) > 0:
                await asyncio.sleep(left)
            self._next = loop.time() + self._period

    def pause(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._next = max(self._next, until)


class Server:
    """Says 429 to the third request, and to all for two seconds."""

    def __init__(self) -> None:
        self.seen = 0
        self.busy_until = 0.0

    async def get(self) -> float:
        now = asyncio.get_running_loop().time()
        self.seen += 1
        if self.seen == 3:
            self.busy_until = now + 2
        retry_after = max(0.0, self.busy_until - now)
        print("429" if retry_after else "200")
        return retry_after


async def request(rate: Rate, server: Server) -> None:
    while True:
        await rate.wait()
        seconds = await server.get()
        if not seconds:
            return
        rate.pause(seconds)  # for all


async def main() -> None:
    rate, server = Rate(2), Server()
    await asyncio.gather(*(request(rate, server) for _ in range(5)))


if __name__ == "__main__":
    asyncio.run(main())
