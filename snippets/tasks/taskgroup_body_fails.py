import asyncio


async def heartbeat() -> None:
    try:
        while True:
            print("beat")
            await asyncio.sleep(1)
    finally:
        print("heartbeat: cancelled")


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(heartbeat())
            await asyncio.sleep(1.5)
            raise KeyError("user")
    except* KeyError as errors:
        print(f"main: {errors.exceptions}")


if __name__ == "__main__":
    asyncio.run(main())
