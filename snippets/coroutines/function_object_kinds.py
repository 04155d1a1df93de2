import asyncio
from inspect import getcoroutinestate


async def greet(name: str) -> str:
    print("greet: the body runs")
    return f"hello, {name}"


async def main() -> None:
    print(f"greet: {type(greet).__name__}")
    coroutine = greet("Ada")
    print(f"greet('Ada'): {type(coroutine).__name__}")
    print(f"before await: {getcoroutinestate(coroutine)}")
    print(await coroutine)
    print(f"after await: {getcoroutinestate(coroutine)}")


if __name__ == "__main__":
    asyncio.run(main())
