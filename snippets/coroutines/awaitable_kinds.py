import asyncio


async def ask(what: str) -> str:
    await asyncio.sleep(1)
    return what


async def main() -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(ask("a task"))
    future = loop.create_future()
    loop.call_later(3, future.set_result, "a future")
    print(await ask("a coroutine"))
    print(await task)
    print(await task)
    print(await future)


if __name__ == "__main__":
    asyncio.run(main())
