import asyncio
import time


async def wait(name: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    print(f"{name}: waited")


async def compute() -> None:
    await asyncio.sleep(0.5)
    time.sleep(2)  # stands for computing
    print("compute: done")


async def main() -> None:
    await asyncio.gather(wait("a", 1), wait("b", 3), compute())


if __name__ == "__main__":
    asyncio.run(main())
