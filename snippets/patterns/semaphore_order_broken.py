import asyncio


async def prepare(turn: asyncio.Semaphore) -> None:
    await asyncio.sleep(1)
    async with turn:
        print("prepared")


async def publish(turn: asyncio.Semaphore) -> None:
    async with turn:
        print("published")


async def main() -> None:
    turn = asyncio.Semaphore(1)
    await asyncio.gather(prepare(turn), publish(turn))


if __name__ == "__main__":
    asyncio.run(main())
