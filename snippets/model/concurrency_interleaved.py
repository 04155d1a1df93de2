import asyncio


async def read(book: str, pause: float) -> None:
    for chapter in (1, 2):
        print(f"{book}: chapter {chapter}")
        await asyncio.sleep(pause)
    print(f"{book}: finished")


async def main() -> None:
    await asyncio.gather(read("novel", 3), read("manual", 1))


if __name__ == "__main__":
    asyncio.run(main())
