import asyncio

limit = asyncio.Semaphore(1)


async def visit() -> None:
    async with limit:
        await asyncio.sleep(1)


async def main() -> None:
    visits = [visit(), visit()]
    for result in await asyncio.gather(*visits, return_exceptions=True):
        print("done" if result is None else type(result).__name__)


if __name__ == "__main__":
    asyncio.run(main())
    print("second asyncio.run")
    asyncio.run(main())
