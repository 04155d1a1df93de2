import asyncio
import gc


async def blink() -> None:
    await asyncio.sleep(2)
    print("blink: done")


async def main() -> None:
    started = [asyncio.create_task(blink())]
    await asyncio.sleep(1)
    started.clear()
    gc.collect()
    print(f"main: tasks alive: {len(asyncio.all_tasks())}")
    await asyncio.sleep(2)


if __name__ == "__main__":
    asyncio.run(main())
