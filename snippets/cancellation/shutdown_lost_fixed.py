import asyncio


async def send(letter: str) -> None:
    print(f"{letter}: sending")
    await asyncio.sleep(1)
    print(f"{letter}: sent")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        for name in ("a", "b"):
            group.create_task(send(name))
    print("main: all letters are sent")


if __name__ == "__main__":
    asyncio.run(main())
