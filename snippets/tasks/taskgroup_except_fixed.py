import asyncio


async def load_user() -> str:
    await asyncio.sleep(1)
    raise ValueError("no such user")


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(load_user())
    except* ValueError:
        print("show the guest page")


if __name__ == "__main__":
    asyncio.run(main())
