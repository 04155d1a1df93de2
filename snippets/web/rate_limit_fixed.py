import asyncio


class Pace:
    """Lets one through every `interval` seconds."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.free = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        mark = max(now, self.free)
        self.free = mark + self.interval
        await asyncio.sleep(mark - now)


async def load(page: int, pace: Pace) -> None:
    await pace.turn()
    print(f"GET /{page}")


async def main() -> None:
    pace = Pace(0.25)
    async with asyncio.TaskGroup() as group:
        for page in range(1, 7):
            group.create_task(load(page, pace))


if __name__ == "__main__":
    asyncio.run(main())
