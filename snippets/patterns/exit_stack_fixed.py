import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass


@dataclass
class Connection:
    name: str

    async def open(self) -> None:
        if self.name == "Eve":
            raise OSError("Eve does not answer")
        print(f"{self.name}: open")

    async def close(self) -> None:
        print(f"{self.name}: closed")


async def work(names: list[str]) -> None:
    async with AsyncExitStack() as stack:
        for each in map(Connection, names):
            await each.open()
            stack.push_async_callback(each.close)
        print("work")


async def main() -> None:
    try:
        await work(["Ann", "Bob", "Eve"])
    except OSError as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main())
