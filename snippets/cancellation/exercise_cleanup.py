import asyncio


async def edit(draft: str) -> None:
    try:
        await asyncio.sleep(60)
    finally:
        print("saving", draft)
        await asyncio.sleep(1)
        print("saved", draft)


async def main() -> None:
    task = asyncio.create_task(edit("chapter 1"))
    await asyncio.sleep(2)
    task.cancel()
    await asyncio.wait([task])
    print("cancelled:", task.cancelled())


if __name__ == "__main__":
    asyncio.run(main())
