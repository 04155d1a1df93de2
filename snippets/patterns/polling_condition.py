import asyncio


class Store:
    def __init__(self) -> None:
        self.items: list[str] = []
        self.changed = asyncio.Condition()

    async def add(self, item: str) -> None:
        async with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    async def take(self, count: int) -> list[str]:
        async with self.changed:
            await self.changed.wait_for(
                lambda: len(self.items) >= count
            )
            taken, self.items = self.items[:count], self.items[count:]
            return taken


async def main() -> None:
    store = Store()
    async with asyncio.TaskGroup() as group:
        pair = group.create_task(store.take(2))
        for item in ("tea", "milk", "sugar"):
            await asyncio.sleep(1)
            await store.add(item)
            print(f"added {item}, taken: {pair.done()}")
    print(pair.result())


if __name__ == "__main__":
    asyncio.run(main())
