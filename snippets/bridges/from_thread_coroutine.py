import asyncio
import threading


async def fetch(page: int) -> str:
    name = threading.current_thread().name
    print(f"fetch {page}: {name}")
    if page > 1:
        raise LookupError
    return f"page {page}"


def main() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="Loop")
    thread.start()
    try:
        for page in (1, 2):
            future = asyncio.run_coroutine_threadsafe(fetch(page), loop)
            try:
                print(f"main: {future.result()}")
            except LookupError:
                print(f"main: no page {page}")
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


if __name__ == "__main__":
    main()
