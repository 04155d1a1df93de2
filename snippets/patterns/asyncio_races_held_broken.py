import asyncio


async def report(client: str, books: asyncio.Lock) -> None:
    async with books:
        await asyncio.sleep(0.5)
        print(f"{client}: counted")
        await asyncio.sleep(2)
        print(f"{client}: sent")


async def main() -> None:
    books = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        for client in ("Ann", "Bob", "Eve"):
            group.create_task(report(client, books))


if __name__ == "__main__":
    asyncio.run(main())
