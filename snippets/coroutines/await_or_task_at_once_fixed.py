import asyncio


async def ask(server: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return server


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        near = group.create_task(ask("near", 1))
        far = group.create_task(ask("far", 2))
    print(near.result(), far.result())


if __name__ == "__main__":
    asyncio.run(main())
