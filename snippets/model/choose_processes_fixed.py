import asyncio
import multiprocessing


async def fetch(reply: asyncio.Event) -> None:
    await reply.wait()


async def main() -> None:
    reply = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        fetches = [group.create_task(fetch(reply)) for _ in range(4)]
        await asyncio.sleep(0)
        print(f"waiting: {sum(not fetch.done() for fetch in fetches)}")
        print(f"processes: {len(multiprocessing.active_children())}")
        reply.set()


if __name__ == "__main__":
    asyncio.run(main())
