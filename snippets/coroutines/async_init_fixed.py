import asyncio
from typing import Self


async def connect(host: str) -> str:
    await asyncio.sleep(1)
    return f"session at {host}"


class Client:
    def __init__(self, session: str) -> None:
        self.session = session

    @classmethod
    async def open(cls, host: str) -> Self:
        return cls(await connect(host))

    async def get(self, page: str) -> str:
        return f"{page} over {self.session or 'nothing'}"


async def main() -> None:
    client = await Client.open("one")
    print(await client.get("news"))
    both = await asyncio.gather(*map(Client.open, ["two", "three"]))
    print([each.session for each in both])


if __name__ == "__main__":
    asyncio.run(main())
