import asyncio

rates: dict[str, int] = {}
lock = asyncio.Lock()


async def download(currency: str) -> int:
    await asyncio.sleep(1)
    raise ConnectionError


async def rate(currency: str) -> int:
    async with lock:
        if currency not in rates:
            rates[currency] = await download(currency)
    return rates[currency]


async def visitor(name: str) -> None:
    try:
        print(f"{name}: {await rate('EUR')}")
    except ConnectionError:
        print(f"{name}: the bank is down")


async def main() -> None:
    await asyncio.gather(visitor("Ann"), visitor("Bob"), visitor("Eve"))


if __name__ == "__main__":
    asyncio.run(main())
