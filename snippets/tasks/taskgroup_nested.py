import asyncio


async def fail() -> None:
    await asyncio.sleep(1)
    raise ValueError("bad page")


async def work(name: str) -> None:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.5)
        print(f"{name}: cleaned up")


async def crawl() -> None:
    async with asyncio.TaskGroup() as inner:
        inner.create_task(fail())
        inner.create_task(work("inner"))


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(crawl())
            outer.create_task(work("outer"))
    except* ValueError as errors:
        (nested,) = errors.exceptions
        print(f"{type(nested).__name__}: {nested.exceptions}")


if __name__ == "__main__":
    asyncio.run(main())
