import asyncio


async def fetch(page: int) -> str:
    print(f"page {page}: asked")
    await asyncio.sleep(2)
    print(f"page {page}: here")
    return f"text {page}"


async def main() -> None:
    page = asyncio.create_task(fetch(1))
    print("main: does something else")
    await asyncio.sleep(3)
    print(f"main: needs the page, done: {page.done()}")
    print(f"main: {await page}")


if __name__ == "__main__":
    asyncio.run(main())
