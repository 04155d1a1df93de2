import asyncio


async def save(name: str, lock: asyncio.Lock) -> None:
    print(f"{name}: asks for the lock")
    async with lock:
        print(f"{name}: has the lock")
        await asyncio.sleep(0)
        print(f"{name}: saved")


async def main() -> None:
    lock = asyncio.Lock()
    await asyncio.gather(save("a", lock), save("b", lock))


if __name__ == "__main__":
    asyncio.run(main())
