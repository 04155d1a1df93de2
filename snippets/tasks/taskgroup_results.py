import asyncio


async def download(name: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    print(f"{name}: downloaded")
    return f"{name}.png"


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        atlas = group.create_task(download("atlas", 2))
        photo = group.create_task(download("photo", 1))
        print("end of the body")
    print("after the block")
    print(atlas.result(), photo.result())


if __name__ == "__main__":
    asyncio.run(main())
