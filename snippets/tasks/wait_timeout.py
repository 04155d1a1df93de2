import asyncio


async def fetch(seconds: float) -> None:
    await asyncio.sleep(seconds)


def names(tasks: set[asyncio.Task[None]]) -> list[str]:
    return sorted(task.get_name() for task in tasks)


async def main() -> None:
    docs = asyncio.create_task(fetch(3), name="docs")
    blog = asyncio.create_task(fetch(1), name="blog")
    done, pending = await asyncio.wait([docs, blog], timeout=2)
    print(f"done {names(done)}, pending {names(pending)}")
    done, pending = await asyncio.wait([docs, blog])
    print(f"done {names(done)}, pending {names(pending)}")


if __name__ == "__main__":
    asyncio.run(main())
