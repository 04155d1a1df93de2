import asyncio


async def work(name: str) -> None:
    print(f"{name}: first step")
    await asyncio.sleep(1)
    print(f"{name}: done")


async def main() -> None:
    tasks = [asyncio.create_task(work(name)) for name in ("a", "b")]
    print("main: tasks created")
    print(f"main: computed {sum(range(1000))}")
    await asyncio.sleep(0)
    print("main: let the loop pass once")
    await asyncio.wait(tasks)


if __name__ == "__main__":
    asyncio.run(main())
