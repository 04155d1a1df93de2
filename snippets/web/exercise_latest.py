import asyncio


class Latest:
    def __init__(self) -> None:
        self._prices: dict[str, int] = {}
        self._changed = asyncio.Event()

    def put(self, share: str, price: int) -> None:
        self._prices[share] = price
        self._changed.set()

    async def get(self) -> dict[str, int]:
        await self._changed.wait()
        self._changed.clear()
        prices, self._prices = self._prices, {}
        return prices


async def send(latest: Latest, name: str, seconds: float) -> None:
    for _ in range(3):
        print(f"{name}: {await latest.get()}")
        await asyncio.sleep(seconds)


async def main() -> None:
    clients = [Latest(), Latest()]
    async with asyncio.TaskGroup() as group:
        group.create_task(send(clients[0], "fast", 0.5))
        group.create_task(send(clients[1], "slow", 2.6))
        for price in range(10, 16):
            for latest in clients:
                latest.put("oil" if price % 3 else "gold", price)
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
