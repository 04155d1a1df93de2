import asyncio

Loop = asyncio.AbstractEventLoop


async def current_loop() -> Loop:
    return asyncio.get_running_loop()


def run_here() -> Loop:
    return asyncio.run(current_loop())


def send_to(loop: Loop) -> Loop:
    sent = asyncio.run_coroutine_threadsafe(current_loop(), loop)
    return sent.result()


async def main() -> None:
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(asyncio.get_event_loop)
    except RuntimeError:
        print("get_event_loop: no loop in this thread")
    here = await asyncio.to_thread(run_here)
    same, closed = here is loop, here.is_closed()
    print(f"asyncio.run: main loop: {same}, closed: {closed}")
    there = await asyncio.to_thread(send_to, loop)
    print(f"run_coroutine_threadsafe: main loop: {there is loop}")


if __name__ == "__main__":
    asyncio.run(main())
