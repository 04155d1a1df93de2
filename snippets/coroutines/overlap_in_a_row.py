import asyncio


async def ask(server: str, seconds: float) -> None:
    print(f"{server}: asked")
    await asyncio.sleep(seconds)
    print(f"{server}: answered")


async def main() -> None:
    await ask("near", 1)
    await ask("far", 2)
    print("both answered")


if __name__ == "__main__":
    asyncio.run(main())
