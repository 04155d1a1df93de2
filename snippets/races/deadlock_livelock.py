import asyncio


async def eat(
    name: str, first: asyncio.Lock, second: asyncio.Lock, pause: float
) -> None:
    while True:
        async with first:
            await asyncio.sleep(1)
            try:
                async with asyncio.timeout(1), second:
                    print(f"{name}: eats")
                    return
            except TimeoutError:
                print(f"{name}: gives way")
        await asyncio.sleep(pause)


async def dine(ann_waits: float, bob_waits: float) -> None:
    fork, knife = asyncio.Lock(), asyncio.Lock()
    try:
        async with asyncio.timeout(8.5):
            await asyncio.gather(
                eat("Ann", fork, knife, ann_waits),
                eat("Bob", knife, fork, bob_waits),
            )
    except TimeoutError:
        print("nobody has eaten")


async def main() -> None:
    await dine(ann_waits=1, bob_waits=1)
    await dine(ann_waits=1, bob_waits=2.5)


if __name__ == "__main__":
    asyncio.run(main())
