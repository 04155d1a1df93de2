import asyncio


async def add(a: int, b: int) -> int:
    return a + b


def main() -> None:
    try:
        add(2, 3).send(None)
    except StopIteration as stop:
        print(f"add: {stop.value}")
    try:
        asyncio.sleep(1).send(None)
    except RuntimeError:
        print("sleep: RuntimeError, it needs a running loop")


if __name__ == "__main__":
    main()
