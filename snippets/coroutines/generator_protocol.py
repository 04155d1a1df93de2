from collections.abc import Generator
from types import coroutine


def old() -> Generator[str, str, str]:
    name = yield "who?"
    return f"hello, {name}"


@coroutine
def ask(question: str) -> Generator[str, str, str]:
    return (yield question)


async def new() -> str:
    name = await ask("who?")
    return f"hello, {name}"


def main() -> None:
    for work in (old(), new()):
        print(f"{type(work).__name__} asks: {work.send(None)}")
        try:
            work.send("Ann")
        except StopIteration as end:
            print(f"{type(work).__name__} returns: {end.value}")


if __name__ == "__main__":
    main()
