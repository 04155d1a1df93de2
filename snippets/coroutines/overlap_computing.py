import asyncio
import time


def compute(seconds: float) -> None:
    time.sleep(seconds)


async def report(name: str, seconds: float) -> None:
    print(f"{name}: begins")
    compute(seconds)
    print(f"{name}: ready")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(report("sales", 1))
        group.create_task(report("stock", 2))
    print("both ready")


if __name__ == "__main__":
    asyncio.run(main())
