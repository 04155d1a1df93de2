import asyncio
from unittest.mock import AsyncMock


class Client:
    def is_open(self) -> bool:
        return True

    async def send(self, text: str) -> None: ...


async def greet(client: Client) -> None:
    if client.is_open():
        client.send("hello")  # await is forgotten


async def main() -> None:
    client = AsyncMock()
    client.is_open.return_value = False
    await greet(client)
    try:
        client.send.assert_called_once_with("hello")
    except AssertionError:
        print("failed")
    else:
        print("passed")


if __name__ == "__main__":
    asyncio.run(main())
