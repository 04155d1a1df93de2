import asyncio

pending: dict[str, asyncio.Task[str]] = {}


async def fetch(url: str) -> str:
    print("fetching", url)
    await asyncio.sleep(3)
    return f"page of {url}"


async def get(url: str) -> str:
    if url not in pending:
        task = asyncio.create_task(fetch(url))
        task.add_done_callback(lambda _: pending.pop(url))
        pending[url] = task
    return await asyncio.shield(pending[url])


async def reader(name: str, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            print(name, "got", await get("/news"))
    except TimeoutError:
        print(name, "gave up")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(reader("hasty", 1))
        group.create_task(reader("calm", 10))
        group.create_task(reader("patient", 20))


if __name__ == "__main__":
    asyncio.run(main())
