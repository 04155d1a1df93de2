import asyncio
from collections.abc import Iterator


def numbers() -> Iterator[int]:
    yield 1


async def answer() -> int:
    return 42


async def main() -> None:
    generator, coroutine = numbers(), answer()
    try:
        await generator
    except TypeError:
        print("await of a generator: TypeError")
    try:
        list(coroutine)
    except TypeError:
        print("list of a coroutine: TypeError")
    print(f"list: {list(generator)}, await: {await coroutine}")
    print(f"list again: {list(generator)}")
    try:
        await coroutine
    except RuntimeError:
        print("await again: RuntimeError")


if __name__ == "__main__":
    asyncio.run(main())
