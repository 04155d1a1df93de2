import asyncio


async def main() -> None:
    lock = asyncio.Lock()
    async with lock:
        print(f"main: inside, locked: {lock.locked()}")
    print(f"main: outside, locked: {lock.locked()}")


if __name__ == "__main__":
    asyncio.run(main())
