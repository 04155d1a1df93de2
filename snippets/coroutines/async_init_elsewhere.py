import asyncio


async def load(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


class Mailbox:
    @property
    async def newest(self) -> str:
        return await load(9)


jobs = {"first": lambda: load(1)}


async def main() -> None:
    print(f"property: {await Mailbox().newest}")
    print(f"lambda: {await jobs['first']()}")
    print(f"list: {[await load(page) for page in (1, 2)]}")
    pages = (await load(page) for page in (1, 2))
    try:
        print(f"generator: {list(pages)}")
    except TypeError as error:
        print(f"TypeError: {error}")
    print(f"async for: {[page async for page in pages]}")


if __name__ == "__main__":
    asyncio.run(main())
