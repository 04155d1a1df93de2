import asyncio


def kind(future: asyncio.Future[object]) -> str:
    return "Task" if isinstance(future, asyncio.Task) else "Future"


async def main() -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(asyncio.sleep(1))
    bare = loop.create_future()
    in_thread = loop.run_in_executor(None, sum, (1, 2, 3))
    print(f"create_task: {kind(task)}")
    print(f"create_future: {kind(bare)}")
    print(f"run_in_executor: {kind(in_thread)}")
    print(f"a Task is a Future: {isinstance(task, asyncio.Future)}")
    print(f"from the thread: {await in_thread}")


if __name__ == "__main__":
    asyncio.run(main())
