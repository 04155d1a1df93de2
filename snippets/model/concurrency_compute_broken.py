import asyncio


async def add_up(name: str, limit: int) -> int:
    print(f"{name}: start")
    total = sum(range(limit))
    print(f"{name}: done")
    return total


async def main() -> None:
    jobs = (add_up("left", 1_000_000), add_up("right", 1_000_000))
    print(await asyncio.gather(*jobs))


if __name__ == "__main__":
    asyncio.run(main())
