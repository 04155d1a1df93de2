import asyncio


async def save(row: int) -> None:
    await asyncio.sleep(row)
    if row % 2:
        raise ValueError(f"row {row}")


async def main() -> None:
    rows = range(1, 6)
    outcomes = await asyncio.gather(
        *(save(row) for row in rows), return_exceptions=True
    )
    errors = [
        each for each in outcomes if isinstance(each, BaseException)
    ]
    print("saved:", len(outcomes) - len(errors))
    try:
        if errors:
            raise BaseExceptionGroup("not saved", errors)
    except* ValueError as group:
        print("errors:", ", ".join(map(str, group.exceptions)))


if __name__ == "__main__":
    asyncio.run(main())
