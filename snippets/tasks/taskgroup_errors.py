import asyncio


async def read_config() -> None:
    await asyncio.sleep(1)
    raise ValueError("no port")


async def send_mail() -> None:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.5)
        raise OSError("mail server is gone")


async def listen() -> None:
    try:
        await asyncio.sleep(10)
    finally:
        print("listen: stopped")


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read_config())
            group.create_task(send_mail())
            group.create_task(listen())
    except* ValueError as errors:
        print(f"config: {errors.exceptions}")
    except* OSError as errors:
        print(f"network: {errors.exceptions}")
    print("main goes on")


if __name__ == "__main__":
    asyncio.run(main())
