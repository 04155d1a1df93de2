import asyncio
from contextvars import ContextVar
from threading import local

kept_by_thread = local()
kept_by_task: ContextVar[int] = ContextVar("kept_by_task")


async def handle(request: int) -> None:
    kept_by_thread.request = request
    kept_by_task.set(request)
    await asyncio.sleep(1)  # the other task works meanwhile
    print(f"task {request}: local {kept_by_thread.request}")
    print(f"task {request}: ContextVar {kept_by_task.get()}")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(handle(1))
        group.create_task(handle(2))


if __name__ == "__main__":
    asyncio.run(main())
