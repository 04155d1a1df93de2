import asyncio
import gc
from weakref import WeakSet

inboxes: WeakSet[asyncio.Queue[str]] = WeakSet()
background: set[asyncio.Task[None]] = set()


async def listen() -> None:
    inbox: asyncio.Queue[str] = asyncio.Queue()
    inboxes.add(inbox)
    print("listener: waiting")
    print(f"listener: {await inbox.get()}")


async def main() -> None:
    task = asyncio.create_task(listen())
    background.add(task)
    task.add_done_callback(background.discard)
    del task
    await asyncio.sleep(1)
    gc.collect()
    print(f"main: news for {len(inboxes)}")
    for inbox in inboxes:
        inbox.put_nowait("news")
    await asyncio.sleep(1)
    print(f"main: in the background: {len(background)}")


if __name__ == "__main__":
    asyncio.run(main())
