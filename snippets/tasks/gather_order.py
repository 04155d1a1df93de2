import asyncio


async def brew(drink: str, seconds: float) -> str:
    print(f"{drink}: start")
    await asyncio.sleep(seconds)
    print(f"{drink}: ready")
    return drink


async def main() -> None:
    drinks = await asyncio.gather(brew("tea", 2), brew("coffee", 1))
    print(drinks)


if __name__ == "__main__":
    asyncio.run(main())
