import asyncio


async def fetch(page: int, limit: asyncio.BoundedSemaphore) -> None:
    await limit.acquire()
    await asyncio.sleep(0.1)
    if page == 1:
        raise ConnectionError
    limit.release()


async def main() -> None:
    limit = asyncio.BoundedSemaphore(1)
    for page in (1, 2):
        try:
            async with asyncio.timeout(1):
                await fetch(page, limit)
            print(f"page {page}: loaded")
        except (ConnectionError, TimeoutError) as error:
            print(f"page {page}: {type(error).__name__}")


if __name__ == "__main__":
    asyncio.run(main())
