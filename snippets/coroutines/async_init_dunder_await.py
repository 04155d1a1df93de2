import asyncio
from collections.abc import Generator
from typing import Any, Self


async def connect(host: str) -> str:
    await asyncio.sleep(1)
    return f"session at {host}"


class Client:
    def __init__(self, host: str) -> None:
        self.host, self.session = host, ""

    def __await__(self) -> Generator[Any, None, Self]:
        return self.open().__await__()

    async def open(self) -> Self:
        self.session = await connect(self.host)
        return self


async def main() -> None:
    client = Client("one")
    print(f"before await: {client.session!r}")
    await client
    print(f"after await: {client.session!r}")


if __name__ == "__main__":
    asyncio.run(main())
