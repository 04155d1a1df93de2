import asyncio


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    print(f"stop: the task is cancelled: {task.cancelled()}")


async def work() -> None:
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(1)


async def main() -> None:
    first, second = (asyncio.create_task(work()) for _ in range(2))
    await asyncio.sleep(1)
    await stop(first)
    stopping = asyncio.create_task(stop(second))
    await asyncio.sleep(0.5)
    stopping.cancel()
    await asyncio.wait([stopping])
    print(f"main: stop is cancelled: {stopping.cancelled()}")
    await asyncio.wait([second])


if __name__ == "__main__":
    asyncio.run(main())
