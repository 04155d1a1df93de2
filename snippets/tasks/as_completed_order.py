import asyncio


async def fetch(site: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return site


async def main() -> None:
    sites = [fetch("docs", 3), fetch("blog", 1), fetch("shop", 2)]
    for earliest in asyncio.as_completed(sites):
        print(await earliest)


if __name__ == "__main__":
    asyncio.run(main())
