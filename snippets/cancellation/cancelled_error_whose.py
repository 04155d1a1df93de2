import asyncio


async def stop(task: asyncio.Task[None]) -> None:
    me = asyncio.current_task()
    assert me, "a coroutine is always run by a task"
    asked_before = me.cancelling()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        if me.cancelling() > asked_before:
            print("stop: I am cancelled myself")
            raise
        print("stop: only the task is cancelled")


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
    print(f"main: stop cancelled: {stopping.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
