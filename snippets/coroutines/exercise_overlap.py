import asyncio


async def user() -> str:
    await asyncio.sleep(2)
    return "Anna"


async def orders_of(name: str) -> int:
    await asyncio.sleep(1)
    return len(name)


async def rate() -> int:
    await asyncio.sleep(3)
    return 90


async def orders() -> int:
    return await orders_of(await user())


async def main() -> None:
    count, price = await asyncio.gather(orders(), rate())
    print("to pay:", count * price)


if __name__ == "__main__":
    asyncio.run(main())
