import asyncio


async def fetch() -> str:
    print("fetch: first step")
    return "page"


def load(loop: asyncio.AbstractEventLoop) -> str:
    future = asyncio.run_coroutine_threadsafe(fetch(), loop)
    return future.result(timeout=0.1)


async def main() -> None:
    try:
        print(load(asyncio.get_running_loop()))
    except TimeoutError:
        print("main: waited for my own loop")
    await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
