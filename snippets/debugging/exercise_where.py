import asyncio
from inspect import iscoroutine


def waits_in(task: asyncio.Task[None]) -> list[str]:
    names = []
    coroutine = task.get_coro()
    while iscoroutine(coroutine):
        names.append(coroutine.__name__)
        coroutine = coroutine.cr_await
    return names


async def read_page() -> None:
    await asyncio.sleep(60)


async def download() -> None:
    await read_page()


async def main() -> None:
    task = asyncio.create_task(download())
    await asyncio.sleep(1)
    print("waits in", " > ".join(waits_in(task)))
    task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
