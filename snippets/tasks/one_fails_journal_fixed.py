import asyncio
from contextlib import closing


class Journal:
    is_open = True

    def write(self, line: str) -> None:
        state = "written" if self.is_open else "LOST, journal is closed"
        print(f"{line}: {state}")

    def close(self) -> None:
        self.is_open = False
        print("journal: closed")


async def report(journal: Journal) -> None:
    try:
        await asyncio.sleep(2)
        journal.write("report")
    except asyncio.CancelledError:
        journal.write("report cancelled")
        raise


async def fail() -> None:
    await asyncio.sleep(1)
    raise ValueError


async def main() -> None:
    try:
        with closing(Journal()) as journal:
            async with asyncio.TaskGroup() as group:
                group.create_task(report(journal))
                group.create_task(fail())
    except* ValueError:
        print("main: got the error")
    await asyncio.sleep(2)


if __name__ == "__main__":
    asyncio.run(main())
