import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass


@dataclass
class Connection:
    name: str
    seconds: int

    async def __aenter__(self) -> None:
        await asyncio.sleep(self.seconds)
        if self.name == "Bob":
            raise OSError("Bob does not answer")
        print(f"{self.name}: open")

    async def __aexit__(self, *error: object) -> None:
        print(f"{self.name}: closed")


async def work(stack: AsyncExitStack) -> None:
    enter = stack.enter_async_context
    async with asyncio.TaskGroup() as group:
        group.create_task(enter(Connection("Ann", 1)))
        group.create_task(enter(Connection("Bob", 2)))
        group.create_task(enter(Connection("Eve", 3)))


async def main() -> None:
    try:
        async with AsyncExitStack() as stack:
            await work(stack)
    except* OSError as group:
        print(group.exceptions[0])
    await asyncio.sleep(2)
    print("main: ends")


if __name__ == "__main__":
    asyncio.run(main())
