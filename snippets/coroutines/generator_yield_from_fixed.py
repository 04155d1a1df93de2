import asyncio


async def fetch() -> str:
    await asyncio.sleep(1)
    return "page"


async def load() -> str:
    page = await fetch()
    return page.upper()


async def main() -> None:
    print(await load())


if __name__ == "__main__":
    asyncio.run(main())
