import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing


async def ticks(every: float) -> AsyncIterator[int]:
    number = 0
    try:
        while True:
            await asyncio.sleep(every)
            number += 1
            yield number
    finally:
        print("ticks: closed")


async def main() -> None:
    async with aclosing(ticks(0.5)) as clock:
        async for number in clock:
            print("tick", number)
            if number == 3:
                break
    print("main: goes on")


if __name__ == "__main__":
    asyncio.run(main())
