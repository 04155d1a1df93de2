import asyncio


async def fetch() -> str:
    await asyncio.sleep(5)
    return "fresh"


async def load() -> str:
    try:
        async with asyncio.timeout(1):
            return await fetch()
    except TimeoutError:
        return "cached"


async def main() -> None:
    print(await load())


if __name__ == "__main__":
    asyncio.run(main())
