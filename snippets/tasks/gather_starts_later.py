import asyncio


async def greet(name: str) -> None:
    print(f"{name}: started")


async def main() -> None:
    together = asyncio.gather(greet("first"), greet("second"))
    print("gather returned")
    await together
    print("gather finished")


if __name__ == "__main__":
    asyncio.run(main())
