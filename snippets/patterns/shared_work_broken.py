import asyncio

rates: dict[str, int] = {}


async def download(currency: str) -> int:
    print(f"bank: asked for {currency}")
    await asyncio.sleep(1)
    return 90


async def rate(currency: str) -> int:
    if currency not in rates:
        rates[currency] = await download(currency)
    return rates[currency]


async def main() -> None:
    print(await asyncio.gather(rate("EUR"), rate("EUR"), rate("EUR")))
    print(await rate("EUR"))


if __name__ == "__main__":
    asyncio.run(main())
