import asyncio


async def count(flag: list[str]) -> None:
    turns = 0
    while not flag and turns < 100_000:
        turns += 1
    print(f"count: {turns} turns, flag {'up' if flag else 'down'}")


async def neighbour(flag: list[str]) -> None:
    print("neighbour: raises the flag")
    flag.append("up")


async def main() -> None:
    flag: list[str] = []
    await asyncio.gather(count(flag), neighbour(flag))


if __name__ == "__main__":
    asyncio.run(main())
