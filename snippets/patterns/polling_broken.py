import asyncio


class Service:
    def __init__(self) -> None:
        self.ready = False

    async def start(self) -> None:
        await asyncio.sleep(1.25)
        self.ready = True
        print("ready")


async def main() -> None:
    service = Service()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.start())
        checks = 0
        while not service.ready:
            checks += 1
            await asyncio.sleep(0.5)
        print(f"seen after {checks} checks")


if __name__ == "__main__":
    asyncio.run(main())
