import asyncio


async def fetch() -> str:
    await asyncio.sleep(1)
    return "page"


def load():
    page = yield from fetch()
    return page.upper()


async def main() -> None:
    try:
        print(list(load()))
    except TypeError as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main())
