import asyncio

lock = asyncio.Lock()


async def visit() -> None:
    async with lock:
        await asyncio.sleep(1)


async def visitors(count: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(visit())


def main() -> None:
    for count in (1, 2, 1, 2):
        try:
            asyncio.run(visitors(count))
            print(f"{count} at once: done")
        except* RuntimeError as group:
            reason = str(group.exceptions[0]).rpartition(">")[2]
            print(f"{count} at once:{reason}")


if __name__ == "__main__":
    main()
