import asyncio


async def ask(who: str, answers: asyncio.StreamReader) -> None:
    try:
        row = await answers.readline()
        print(f"{who}: {row.decode().strip()}")
    except RuntimeError:
        print(f"{who}: RuntimeError, somebody reads already")


async def main() -> None:
    answers = asyncio.StreamReader()
    async with asyncio.TaskGroup() as group:
        group.create_task(ask("Ann", answers))
        group.create_task(ask("Bob", answers))
        await asyncio.sleep(1)
        answers.feed_data(b"row 1\n")


if __name__ == "__main__":
    asyncio.run(main())
