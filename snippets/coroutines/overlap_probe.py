import asyncio
import time
from collections.abc import Awaitable, Callable

lock = asyncio.Lock()


async def waits() -> None:
    await asyncio.sleep(1)


async def blocks() -> None:
    time.sleep(1)


async def takes_turns() -> None:
    async with lock:
        await asyncio.sleep(1)


async def probe(request: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(request(), request())  # both may connect
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await request()
    one = loop.time() - begin
    await asyncio.gather(request(), request())
    two = loop.time() - begin - one
    print(f"{request.__name__}: two take as long as {two / one:.0f}")


async def main() -> None:
    for request in (waits, blocks, takes_turns):
        await probe(request)


if __name__ == "__main__":
    asyncio.run(main())
