import asyncio


async def fetch() -> str:
    await asyncio.sleep(1)
    return "page"


def load() -> str:
    return asyncio.run(fetch())


async def main() -> None:
    try:
        print(load())
    except RuntimeError:
        print("RuntimeError: a loop is already running here")


if __name__ == "__main__":
    asyncio.run(main())
