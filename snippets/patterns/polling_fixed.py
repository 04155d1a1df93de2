import asyncio


class Service:
    def __init__(self) -> None:
        self.ready = asyncio.Event()

    async def start(self) -> None:
        await asyncio.sleep(1.25)
        self.ready.set()
        print("ready")


async def main() -> None:
    service = Service()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.start())
        await service.ready.wait()
        print("seen at once")


if __name__ == "__main__":
    asyncio.run(main())
