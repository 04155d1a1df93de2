import asyncio


class Poller:
    async def poll(self) -> None:
        while True:
            print("poller: polls")
            await asyncio.sleep(1)

    async def __aenter__(self) -> "Poller":
        self.task = asyncio.create_task(self.poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        if not self.task.cancelled():
            self.task.result()


async def main() -> None:
    async with Poller():
        await asyncio.sleep(1.5)
        print("main: has worked beside the poller")
    print("main: the poller is stopped")


if __name__ == "__main__":
    asyncio.run(main())
