import asyncio


async def current_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def main() -> None:
    first = asyncio.run(current_loop())
    second = asyncio.run(current_loop())
    print(f"run, run again: same loop: {first is second}")
    print(f"first loop is closed: {first.is_closed()}")
    with asyncio.Runner() as runner:
        first = runner.run(current_loop())
        second = runner.run(current_loop())
        print(f"Runner: same loop: {first is second}")
    print(f"its loop is closed: {first.is_closed()}")


if __name__ == "__main__":
    main()
