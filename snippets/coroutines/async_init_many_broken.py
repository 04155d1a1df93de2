import asyncio


class Client:
    def __init__(self, host: str) -> None:
        self.host = host
        print(f"{host}: opened")

    @classmethod
    async def open(cls, host: str) -> "Client":
        await asyncio.sleep(1 if host == "one" else 2)
        if host == "bad":
            raise OSError(f"no answer from {host}")
        return cls(host)

    async def close(self) -> None:
        print(f"{self.host}: closed")


async def main() -> None:
    try:
        opening = map(Client.open, ("one", "bad"))
        clients = await asyncio.gather(*opening)
        print(f"main: {len(clients)} clients")
    except OSError as error:
        print(f"main: {error}")


if __name__ == "__main__":
    asyncio.run(main())
