import asyncio

stock = {"tea": 0}


async def deliver(boxes: int) -> None:
    for _ in range(boxes):
        before = stock["tea"]
        stock["tea"] = before + 1
        await asyncio.sleep(0)


async def main() -> None:
    await asyncio.gather(*(deliver(100) for _ in range(10)))
    print(f"boxes: {stock['tea']}")


if __name__ == "__main__":
    asyncio.run(main())
