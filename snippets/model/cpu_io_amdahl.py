import asyncio
from asyncio import Semaphore


async def compute(free: Semaphore) -> None:
    async with free:
        await asyncio.sleep(1)


async def program(free: Semaphore, serial: float, pieces: int) -> None:
    await asyncio.sleep(serial)
    await asyncio.gather(*(compute(free) for _ in range(pieces)))


async def main() -> None:
    clock = asyncio.get_running_loop().time
    for workers in (1, 3, 9, 90):
        began = clock()
        await program(Semaphore(workers), serial=1, pieces=9)
        print(f"workers: {workers}, took {clock() - began:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
