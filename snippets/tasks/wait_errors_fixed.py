import asyncio


async def save(row: int) -> None:
    await asyncio.sleep(1)
    if row == 2:
        raise OSError("disk is full")


async def main() -> None:
    tasks = [asyncio.create_task(save(row)) for row in (1, 2, 3)]
    await asyncio.wait(tasks)
    for row, task in enumerate(tasks, 1):
        error = task.exception()
        print(f"row {row}:", "saved" if error is None else repr(error))


if __name__ == "__main__":
    asyncio.run(main())
