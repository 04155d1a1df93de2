import asyncio


class Server:
    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)

    async def answer(self) -> None:
        async with self.places:
            await asyncio.sleep(1)


async def measure(server: Server, workers: int) -> tuple[float, float]:
    clock = asyncio.get_running_loop().time
    jobs = iter(range(72))
    waits: list[float] = []

    async def worker() -> None:
        for _ in jobs:
            asked = clock()
            await server.answer()
            waits.append(clock() - asked)

    started = clock()
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
    return len(waits) / (clock() - started), max(waits)


async def main() -> None:
    for workers in (1, 2, 4, 8, 16, 32):
        rate, longest = await measure(Server(8), workers)
        print(f"{workers:2} workers: {rate:.0f} a second,", end=" ")
        print(f"up to {longest:.0f} s for an answer")


if __name__ == "__main__":
    asyncio.run(main())
