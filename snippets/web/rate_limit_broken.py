import asyncio


async def request(number: int, limit: asyncio.Semaphore) -> None:
    async with limit:
        print(f"request {number}")
        await asyncio.sleep(0.5)  # the server answers


async def main() -> None:
    limit = asyncio.Semaphore(4)
    await asyncio.gather(*(request(n, limit) for n in range(1, 9)))


if __name__ == "__main__":
    asyncio.run(main())
