import asyncio
import threading

Loop = asyncio.AbstractEventLoop


def work(loop: Loop, finished: asyncio.Semaphore) -> None:
    print("thread: finished")
    loop.call_soon_threadsafe(finished.release)


async def main() -> None:
    loop = asyncio.get_running_loop()
    finished = asyncio.Semaphore(0)
    thread = threading.Thread(target=work, args=(loop, finished))
    thread.start()
    await finished.acquire()
    print("task: woken")
    thread.join()


if __name__ == "__main__":
    asyncio.run(main())
