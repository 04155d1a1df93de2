import asyncio


def outcome(future: asyncio.Future[float]) -> str:
    if future.cancelled():
        return "cancelled"
    if error := future.exception():
        return f"failed: {type(error).__name__}"
    return f"result: {future.result()}"


async def divide(a: int, b: int) -> float:
    await asyncio.sleep(1)
    return a / b


async def main() -> None:
    tasks = [asyncio.create_task(divide(6, b)) for b in (2, 0, 3)]
    tasks[2].cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        print(outcome(task))


if __name__ == "__main__":
    asyncio.run(main())
