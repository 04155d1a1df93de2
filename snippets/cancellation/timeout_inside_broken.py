import asyncio


async def fetch() -> str:
    await asyncio.sleep(5)
    return "fresh"


async def load() -> str:
    async with asyncio.timeout(1):
        try:
            return await fetch()
        except TimeoutError:
            return "cached"


async def main() -> None:
    try:
        print(await load())
    except TimeoutError:
        print("main: nobody caught the TimeoutError")


if __name__ == "__main__":
    asyncio.run(main())
