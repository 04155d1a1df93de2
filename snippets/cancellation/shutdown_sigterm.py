import asyncio
import signal


async def serve() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def ask_to_stop() -> None:
        print("handler: SIGTERM")
        stop.set()

    loop.add_signal_handler(signal.SIGTERM, ask_to_stop)
    loop.call_soon(signal.raise_signal, signal.SIGTERM)
    print("serve: works until it is asked to stop")
    await stop.wait()
    print("serve: answers the last requests")


async def main() -> None:
    try:
        await serve()
    finally:
        print("main: cleans up")


if __name__ == "__main__":
    asyncio.run(main())
