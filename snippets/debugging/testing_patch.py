import asyncio
from unittest.mock import patch


async def fetch(url: str) -> str:
    raise NotImplementedError("the network is needed")


async def load(url: str) -> str:
    while True:
        try:
            return await fetch(url)
        except ConnectionError:
            await asyncio.sleep(5)


async def main() -> None:
    answers = [ConnectionError, ConnectionError, "page"]
    with patch(f"{__name__}.fetch", side_effect=answers) as mock:
        print(f"in place of fetch: {type(mock).__name__}")
        print(await load("/news"))
    mock.assert_awaited_with("/news")
    print(f"awaited: {mock.await_count}")


if __name__ == "__main__":
    asyncio.run(main())
