import asyncio

lock = asyncio.Lock()


async def save(name: str) -> None:
    print(f"{name}: asks for the lock")
    async with lock:
        print(f"{name}: has the lock")
        await asyncio.sleep(0)
        print(f"{name}: saved")


async def main() -> None:
    await asyncio.gather(save("a"), save("b"))


if __name__ == "__main__":
    asyncio.run(main())
