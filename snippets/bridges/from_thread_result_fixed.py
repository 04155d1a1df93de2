import asyncio


async def fetch() -> str:
    print("fetch: first step")
    return "page"


def load(loop: asyncio.AbstractEventLoop) -> str:
    future = asyncio.run_coroutine_threadsafe(fetch(), loop)
    return future.result(timeout=10)


async def main() -> None:
    loop = asyncio.get_running_loop()
    print(f"main: {await asyncio.to_thread(load, loop)}")


if __name__ == "__main__":
    asyncio.run(main())
