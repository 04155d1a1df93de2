import asyncio


async def main() -> None:
    lock = asyncio.Lock()
    try:
        with lock:
            print("main: inside")
    except TypeError:
        print("TypeError: this lock wants async with")


if __name__ == "__main__":
    asyncio.run(main())
