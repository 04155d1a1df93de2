import asyncio


async def fetch() -> str:
    try:
        await asyncio.sleep(10)
        return "page"
    finally:
        print("fetch: closing")
        await asyncio.sleep(1)
        print("fetch: closed")


async def main() -> None:
    task = asyncio.create_task(fetch())
    try:
        print(await asyncio.wait_for(task, timeout=2))
    except TimeoutError:
        print(f"main: out of time, cancelled: {task.cancelled()}")


if __name__ == "__main__":
    asyncio.run(main())
