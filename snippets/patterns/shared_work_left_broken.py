import asyncio

rates: dict[str, asyncio.Task[int]] = {}


async def download(currency: str) -> int:
    await asyncio.sleep(2)
    print("bank: answers")
    return 90


async def rate(currency: str) -> int:
    if currency not in rates:
        rates[currency] = asyncio.create_task(download(currency))
    return await rates[currency]


async def visitor(name: str, patience: float) -> None:
    print(f"{name}: asks")
    try:
        async with asyncio.timeout(patience):
            print(f"{name}: {await rate('EUR')}")
    except TimeoutError:
        print(f"{name}: out of patience")
    except asyncio.CancelledError:
        print(f"{name}: cancelled, nobody knows by whom")


async def main() -> None:
    await asyncio.gather(visitor("Ann", 1), visitor("Bob", 5))


if __name__ == "__main__":
    asyncio.run(main())
