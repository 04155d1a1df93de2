import asyncio
import gc
from weakref import WeakSet

inboxes: WeakSet[asyncio.Queue[str]] = WeakSet()


async def listen() -> None:
    inbox: asyncio.Queue[str] = asyncio.Queue()
    inboxes.add(inbox)
    print("listener: waiting")
    print(f"listener: {await inbox.get()}")


async def main() -> None:
    asyncio.create_task(listen())
    await asyncio.sleep(1)
    gc.collect()
    print(f"main: news for {len(inboxes)}")
    for inbox in inboxes:
        inbox.put_nowait("news")
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
