import asyncio


async def main() -> None:
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(loop.call_soon, print, "hello")
    except RuntimeError:
        print("RuntimeError: call_soon from another thread")
    await asyncio.to_thread(
        loop.call_soon_threadsafe, print, "hello, loop"
    )
    await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(), debug=True)
