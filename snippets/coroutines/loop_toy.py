from collections import deque
from collections.abc import Coroutine, Generator
from heapq import heappop, heappush
from itertools import count
from typing import Any


class Sleep:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self.seconds


async def job(name: str, seconds: float) -> None:
    print(f"{name}: begins")
    await Sleep(seconds)
    print(f"{name}: wakes up")
    await Sleep(seconds)
    print(f"{name}: ends")


def run(*jobs: Coroutine[Any, Any, None]) -> None:
    now, number = 0.0, count()
    ready = deque(jobs)
    timers: list[tuple[float, int, Coroutine[Any, Any, None]]] = []
    while ready or timers:
        if not ready:
            now, _, waiting = heappop(timers)
            ready.append(waiting)
        current = ready.popleft()
        try:
            seconds = current.send(None)
        except StopIteration:
            continue
        heappush(timers, (now + seconds, next(number), current))


if __name__ == "__main__":
    run(job("slow", 3.0), job("fast", 2.0))
