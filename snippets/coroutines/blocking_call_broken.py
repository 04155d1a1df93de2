import asyncio
import time


def load() -> str:
    time.sleep(2)
    return "page"


async def tick() -> None:
    print("tick")


async def main() -> None:
    ticks = asyncio.create_task(tick())
    try:
        page = await asyncio.to_thread(load())
    except TypeError:
        page = "TypeError: a str is not callable"
    await ticks
    print(page)


if __name__ == "__main__":
    asyncio.run(main())
