import asyncio


async def ask(server: str, seconds: float) -> None:
    print(f"{server}: asked")
    await asyncio.sleep(seconds)
    print(f"{server}: answered")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(ask("near", 1))
        group.create_task(ask("far", 2))
    print("both answered")


if __name__ == "__main__":
    asyncio.run(main())
