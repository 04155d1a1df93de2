import asyncio


async def connect(host: str) -> str:
    await asyncio.sleep(1)
    return f"session at {host}"


class Client:
    def __init__(self, host: str) -> None:
        self.session = ""
        self.opening = asyncio.create_task(self.open(host))

    async def open(self, host: str) -> None:
        self.session = await connect(host)
        print(f"opened {self.session}")

    async def get(self, page: str) -> str:
        return f"{page} over {self.session or 'nothing'}"


async def main() -> None:
    client = Client("one")
    print(await client.get("news"))
    await client.opening


if __name__ == "__main__":
    asyncio.run(main())
