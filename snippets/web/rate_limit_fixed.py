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


async def request(number: int, rate: Rate) -> None:
    await rate.wait()
    print(f"request {number}")
    await asyncio.sleep(0.5)  # the server answers


async def main() -> None:
    rate = Rate(4)
    await asyncio.gather(*(request(n, rate) for n in range(1, 9)))


if __name__ == "__main__":
    asyncio.run(main())
