import asyncio


async def background() -> None:
    try:
        await asyncio.sleep(10)
    finally:
        print("background: cleans up")


async def main() -> None:
    task = asyncio.create_task(background())
    await asyncio.sleep(1)
    print(f"main: returns, task done: {task.done()}")


if __name__ == "__main__":
    asyncio.run(main())
    print("run returned")
