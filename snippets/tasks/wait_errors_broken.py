import asyncio


async def save(row: int) -> None:
    await asyncio.sleep(1)
    if row == 2:
        raise OSError("disk is full")


async def main() -> None:
    tasks = [asyncio.create_task(save(row)) for row in (1, 2, 3)]
    done, _ = await asyncio.wait(tasks)
    print(f"{len(done)} rows saved")


if __name__ == "__main__":
    asyncio.run(main())
