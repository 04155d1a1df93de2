import asyncio


async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


async def main() -> None:
    pages = [await fetch(number) for number in (1, 2, 3)]
    print(pages)


if __name__ == "__main__":
    asyncio.run(main())
