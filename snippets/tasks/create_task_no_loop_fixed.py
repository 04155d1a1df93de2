import asyncio


class Poller:
    async def poll(self) -> None:
        print("poller: polls")

    async def __aenter__(self) -> "Poller":
        self.task = asyncio.create_task(self.poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.task


async def main() -> None:
    async with Poller():
        print("main: the poller is at work")


if __name__ == "__main__":
    asyncio.run(main())
