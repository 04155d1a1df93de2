import asyncio
import signal


async def main() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def ask_to_stop() -> None:
        print("loop: asked to stop")
        stop.set()

    def handler(*_: object) -> None:
        loop.call_soon_threadsafe(ask_to_stop)

    for name in ("SIGTERM", "SIGBREAK"):  # the second: Windows only
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)
    loop.call_soon(signal.raise_signal, signal.SIGTERM)
    print("main: works")
    await stop.wait()
    print("main: cleans up")


if __name__ == "__main__":
    asyncio.run(main())
