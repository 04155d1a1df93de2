import asyncio


class Pages:
    def __init__(self) -> None:
        self.number = 0

    def __aiter__(self) -> "Pages":
        print("__aiter__")
        return self

    async def __anext__(self) -> str:
        if self.number == 2:
            print("__anext__: no more pages")
            raise StopAsyncIteration
        self.number += 1
        await asyncio.sleep(1)
        return f"page {self.number}"


async def main() -> None:
    pages = Pages()
    async for page in pages:
        print(page)
    again = [page async for page in pages]
    print(f"again: {again}")


if __name__ == "__main__":
    asyncio.run(main())
