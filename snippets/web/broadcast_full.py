import asyncio
from asyncio import Queue
from collections.abc import Callable


def skip_new(queue: Queue[int], message: int) -> None:
    if not queue.full():
        queue.put_nowait(message)


def skip_old(queue: Queue[int], message: int) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)


async def send(name: str, queue: Queue[int]) -> None:
    sent: list[int] = []
    for _ in range(5):
        sent.append(await queue.get())
        await asyncio.sleep(5.5)  # a slow client
    print(f"{name}: {sent}")


async def try_out(put: Callable[[Queue[int], int], None]) -> None:
    queue: Queue[int] = Queue(maxsize=3)
    async with asyncio.TaskGroup() as group:
        group.create_task(send(put.__name__, queue))
        for number in range(1, 11):
            await asyncio.sleep(1)
            put(queue, number)


async def main() -> None:
    await asyncio.gather(try_out(skip_new), try_out(skip_old))


if __name__ == "__main__":
    asyncio.run(main())
