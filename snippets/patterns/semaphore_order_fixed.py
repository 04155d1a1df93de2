import asyncio


async def prepare(ready: asyncio.Event) -> None:
    await asyncio.sleep(1)
    print("prepared")
    ready.set()


async def publish(ready: asyncio.Event) -> None:
    await ready.wait()
    print("published")


async def main() -> None:
    ready = asyncio.Event()
    await asyncio.gather(prepare(ready), publish(ready))


if __name__ == "__main__":
    asyncio.run(main())
