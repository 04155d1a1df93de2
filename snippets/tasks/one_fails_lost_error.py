import asyncio


async def fail(name: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    print(f"{name}: fails")
    raise ValueError(name)


async def main() -> None:
    try:
        await asyncio.gather(fail("first", 1), fail("second", 2))
    except ValueError as error:
        print(f"main: {error!r}")
    await asyncio.sleep(2)
    print("main: end")


if __name__ == "__main__":
    asyncio.run(main())
