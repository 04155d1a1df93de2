import asyncio


async def ask(server: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return server


async def main() -> None:
    near = await asyncio.create_task(ask("near", 1))
    far = await asyncio.create_task(ask("far", 2))
    print(near, far)


if __name__ == "__main__":
    asyncio.run(main())
