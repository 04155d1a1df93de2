import asyncio


async def fetch(site: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    if site == "blog":
        raise OSError("blog is down")
    return site


async def main() -> None:
    sites = [fetch("docs", 3), fetch("blog", 1), fetch("shop", 2)]
    for earliest in asyncio.as_completed(sites):
        try:
            print(await earliest)
        except OSError as error:
            print(f"failed: {error}")


if __name__ == "__main__":
    asyncio.run(main())
