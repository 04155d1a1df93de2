import asyncio
import warnings
from dataclasses import dataclass


async def connect(host: str) -> str:
    await asyncio.sleep(1)
    return f"session at {host}"


class Client:
    async def __init__(self, host: str) -> None:
        self.session = await connect(host)


@dataclass
class Page:
    host: str

    async def __post_init__(self) -> None:
        self.session = await connect(self.host)


async def main() -> None:
    try:
        Client("one")
    except TypeError as error:
        print(f"TypeError: {error}")
    with warnings.catch_warnings(record=True) as caught:
        page = Page("one")
    print(f"{page} has a session: {hasattr(page, 'session')}")
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}")


if __name__ == "__main__":
    asyncio.run(main())
