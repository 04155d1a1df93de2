import asyncio


def show(moment: str, limit: asyncio.Semaphore) -> None:
    print(f"{moment}: locked = {limit.locked()}")


async def main() -> None:
    limit = asyncio.Semaphore(2)
    show("two permits", limit)
    await limit.acquire()
    try:
        show("one permit", limit)
        async with limit:
            show("no permit", limit)
    finally:
        limit.release()
    show("both are back", limit)


if __name__ == "__main__":
    asyncio.run(main())
