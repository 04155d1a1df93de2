from collections import deque
from collections.abc import Coroutine, Generator
from types import coroutine


@coroutine
def pause() -> Generator[None, None, None]:
    yield


def old(name: str) -> Generator[None, None, None]:
    print(f"old {name}: start")
    yield from pause()
    print(f"old {name}: end")


async def new(name: str) -> None:
    print(f"new {name}: start")
    await pause()
    print(f"new {name}: end")


def run(*works: Generator | Coroutine) -> None:
    ready = deque(works)
    while ready:
        work = ready.popleft()
        try:
            work.send(None)
        except StopIteration:
            continue
        ready.append(work)


def main() -> None:
    run(old("a"), old("b"))
    run(new("a"), new("b"))
    run(old("a"), new("b"))


if __name__ == "__main__":
    main()
