import asyncio


async def send(letter: str) -> None:
    print(f"{letter}: sending")
    await asyncio.sleep(1)
    print(f"{letter}: sent")


async def main() -> None:
    tasks = {asyncio.create_task(send(name)) for name in ("a", "b")}
    print(f"main: {len(tasks)} letters on their way")


if __name__ == "__main__":
    asyncio.run(main())
