import asyncio


async def fetch(page: int) -> str:
    try:
        await asyncio.sleep(page)
        return f"page {page}"
    finally:
        print(f"connection {page} closed")


async def main() -> None:
    try:
        async with asyncio.timeout(2):
            for page in (1, 2, 3):
                print(await fetch(page))
    except TimeoutError:
        print("main: out of time")


if __name__ == "__main__":
    asyncio.run(main())
