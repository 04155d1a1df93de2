import asyncio

requests: set[asyncio.Task[None]] = set()


async def handle(name: str, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
        print(name, "answered")
    except asyncio.CancelledError:
        print(name, "cut off")
        raise


def accept(name: str, seconds: float) -> None:
    request = asyncio.create_task(handle(name, seconds))
    requests.add(request)
    request.add_done_callback(requests.discard)


async def stop(patience: float) -> None:
    if requests:
        _, late = await asyncio.wait(requests, timeout=patience)
        for request in late:
            request.cancel()
        if late:
            await asyncio.wait(late)


async def main() -> None:
    accept("short", 2)
    accept("long", 60)
    await asyncio.sleep(1)
    await stop(patience=5)
    print("stopped")


if __name__ == "__main__":
    asyncio.run(main())
