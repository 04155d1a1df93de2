import asyncio
from collections.abc import Generator
from typing import Any


class Delay:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __await__(self) -> Generator[Any, None, str]:
        yield from asyncio.sleep(self.seconds).__await__()
        return f"{self.seconds} s later"


async def main() -> None:
    delay = Delay(2)
    print(await delay)
    print(await delay)


if __name__ == "__main__":
    asyncio.run(main())
