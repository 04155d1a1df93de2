import asyncio


async def divide(a: int, b: int) -> float:
    await asyncio.sleep(b)
    return a / b


async def main() -> None:
    results = await asyncio.gather(
        divide(6, 2),
        divide(6, 0),
        divide(6, 3),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            print(f"failed: {result!r}")
        else:
            print(f"done: {result}")


if __name__ == "__main__":
    asyncio.run(main())
