import asyncio


async def heartbeat() -> None:
    while True:
        print("heartbeat")
        await asyncio.sleep(0)


async def handle(item: int) -> None:
    print(f"item {item}")


async def main() -> None:
    task = asyncio.create_task(heartbeat())
    for item in (1, 2, 3):
        await handle(item)
    task.cancel()
    print("all handled")


if __name__ == "__main__":
    asyncio.run(main())
