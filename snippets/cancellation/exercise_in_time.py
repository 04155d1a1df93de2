import asyncio


async def ask(
    shop: str, seconds: float, prices: dict[str, int]
) -> None:
    await asyncio.sleep(seconds)
    prices[shop] = round(100 / seconds)


async def main() -> None:
    prices: dict[str, int] = {}
    try:
        async with asyncio.timeout(3), asyncio.TaskGroup() as group:
            for shop, seconds in [("a", 1), ("b", 2), ("c", 9)]:
                group.create_task(ask(shop, seconds, prices))
    except TimeoutError:
        print("not all are in time")
    print(prices)


if __name__ == "__main__":
    asyncio.run(main())
