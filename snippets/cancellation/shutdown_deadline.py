import asyncio
from collections.abc import Collection

GRACE = 8  # Docker kills the program after 10


async def serve(name: str, closing: float) -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(closing)
        print(f"{name}: closed")


async def stop(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        print(f"main: late: {len(late)}")


async def main() -> None:
    servers = [serve("web", closing=2), serve("mail", closing=60)]
    tasks = [asyncio.create_task(server) for server in servers]
    await asyncio.sleep(1)  # until the signal
    print("main: asked to stop")
    await stop(tasks)


if __name__ == "__main__":
    asyncio.run(main())
    print("run: returned")
