import asyncio


async def fetch() -> str:
    for attempt in (1, 2, 3):
        try:
            await asyncio.sleep(2)
            raise ConnectionError
        except ConnectionError as error:
            print(f"attempt {attempt}: {type(error).__name__}")
    return "gave up"


async def main() -> None:
    try:
        async with asyncio.timeout(3):
            print(await fetch())
    except TimeoutError:
        print("out of time")


if __name__ == "__main__":
    asyncio.run(main())
