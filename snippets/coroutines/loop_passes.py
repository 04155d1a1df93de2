import asyncio


def first() -> None:
    print("first: queues another callback")
    asyncio.get_running_loop().call_soon(print, "from first")


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(first)
    loop.call_soon(print, "second")
    await asyncio.sleep(0)
    print("main: one pass is over")
    await asyncio.sleep(0)
    print("main: two passes are over")


if __name__ == "__main__":
    asyncio.run(main())
