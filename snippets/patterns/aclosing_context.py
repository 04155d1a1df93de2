import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar

user = ContextVar("user", default="nobody")


async def rows() -> AsyncIterator[str]:
    token = user.set("rows")
    try:
        yield "first row"
        yield "second row"
    finally:
        try:
            user.reset(token)
        except ValueError:
            print("reset: made in another context")


async def main() -> None:
    async for row in rows():
        print(row)
        break
    await asyncio.sleep(1)
    print("user:", user.get())


if __name__ == "__main__":
    asyncio.run(main())
