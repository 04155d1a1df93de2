import asyncio


async def work(name: str, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
        print(f"{name}: done")
    except asyncio.CancelledError:
        print(f"{name}: cancelled")
        await asyncio.sleep(0.5)
        print(f"{name}: cleaned up")
        raise


async def fail(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise ValueError


async def main() -> None:
    try:
        await asyncio.gather(work("short", 1), fail(2), work("long", 4))
    except ValueError:
        print("main: got the error")


if __name__ == "__main__":
    asyncio.run(main())
    print("after asyncio.run")
