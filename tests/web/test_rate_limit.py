"""Proofs for source/web/rate-limit.md."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import COUNTS, SOME, but, ways

PACES = {"plain": "web/rate_limit_fixed", "with a pause": "web/rate_limit_refused_fixed"}
STARTERS: dict[str, Callable[[int], float]] = {
    "at once": lambda number: 0,
    "one by one": lambda number: number * 0.3,
    "in waves": lambda number: number // 3 * 2,
}
"""At which second each of the tasks asks for its turn."""


def starts(name: str, count: int, asks: Callable[[int], float], takes: float) -> list[float]:
    """Return at which second each of `count` requests begins, at four a second."""
    begun: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        pace, start = load(name).Pace(0.25), loop.time()

        async def request(number: int) -> None:
            await asyncio.sleep(asks(number))
            await pace.turn()
            begun.append(loop.time() - start)
            await asyncio.sleep(takes)

        await asyncio.gather(*(request(number) for number in range(count)))

    perform(main)
    return begun


def apart(begun: list[float], interval: float = 0.25) -> bool:
    return all(after - before >= interval - 1e-9 for before, after in pairwise(begun))


@pytest.mark.always("rate-marks-keep-apart")
@ways(name=PACES, count=COUNTS, asks=STARTERS, takes={"short": 0.01, "long": 3.0})
def test_neighbours_are_an_interval_apart(
    name: str, count: int, asks: Callable[[int], float], takes: float
) -> None:
    trace = play("web/rate_limit_fixed")
    assert trace.lines == [f"GET /{page}" for page in range(1, 7)]
    assert [event.time for event in trace.events] == [n * 0.25 for n in range(6)]
    begun = starts(name, count, asks, takes)
    assert len(begun) == count
    assert apart(begun)


@pytest.mark.always("rate-idle-gives-no-burst")
@ways(name=PACES, idle={"1": 1.0, "1000": 1000.0})
def test_after_idling_no_burst_goes_through(name: str, idle: float) -> None:
    begun = starts(name, 10, lambda number: idle * (number > 0), 0.01)
    assert begun[0] == 0
    assert begun[1] == pytest.approx(idle)
    assert apart(begun)


@pytest.mark.always("rate-cancelled-mark-is-lost")
@ways(name=PACES, cancelled=SOME)
def test_the_mark_of_a_cancelled_request_goes_to_nobody(name: str, cancelled: int) -> None:
    # no mutant: в примерах страницы никого не отменяют
    async def main() -> None:
        loop = asyncio.get_running_loop()
        pace, start = load(name).Pace(0.25), loop.time()
        await pace.turn()
        waiting = [asyncio.create_task(pace.turn()) for _ in range(cancelled)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await pace.turn()
        assert loop.time() - start == pytest.approx(0.25 * (cancelled + 1))

    perform(main)


@pytest.mark.always("rate-semaphore-bounds-those-inside")
@ways(
    kind={"Semaphore": asyncio.Semaphore, "BoundedSemaphore": asyncio.BoundedSemaphore},
    places=but(SOME, "1"),
    takes={"10 ms": 0.01, "2 s": 2.0},
)
def test_a_semaphore_lets_so_many_through_in_the_time_of_one(
    kind: type[asyncio.Semaphore], places: int, takes: float
) -> None:
    trace = play("web/rate_limit_broken")
    assert trace.at("main: 200 requests") == pytest.approx(0.5)

    async def main() -> None:
        semaphore = kind(places)

        async def request() -> None:
            async with semaphore:
                await asyncio.sleep(takes)

        await asyncio.gather(*(request() for _ in range(places * 5)))

    assert perform(main).elapsed == pytest.approx(takes * 5)


@pytest.mark.sometimes("rate-alone-others-go-on")
def test_who_waits_alone_does_not_stop_the_others() -> None:
    trace = play("web/rate_limit_refused_broken")
    assert [line for line in trace.lines if line.endswith("429")] == trace.lines[:9]
    assert trace.lines[-3:] == ["/1: given up", "/2: given up", "/3: given up"]


def refused_once(count: int, asks: Callable[[int], float], pause: float) -> list[float]:
    """Return when `count` requests begin, the first of which is refused for `pause` seconds."""
    begun: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        pace: Any = load("web/rate_limit_refused_fixed").Pace(0.25)
        start = loop.time()

        async def request(number: int) -> None:
            await asyncio.sleep(asks(number))
            await pace.turn()
            begun.append(loop.time() - start)
            if len(begun) == 1:
                pace.close(pause)
                await pace.turn()
                begun.append(loop.time() - start)

        await asyncio.gather(*(request(number) for number in range(count)))

    perform(main)
    return begun


PAUSES = {"0.1": 0.1, "2": 2.0, "60": 60.0}


@pytest.mark.always("rate-shared-pause-stops-all")
@ways(count=SOME, asks=STARTERS, pause=PAUSES)
def test_until_the_pause_is_over_nobody_begins(
    count: int, asks: Callable[[int], float], pause: float
) -> None:
    trace = play("web/rate_limit_refused_fixed")
    assert trace.lines == ["GET /1: 429", "GET /1: 200", "GET /2: 200", "GET /3: 200"]
    assert trace.at("GET /1: 200") - trace.at("GET /1: 429") == pytest.approx(2)
    first, *others = refused_once(count, asks, pause)
    assert len(others) == count
    assert min(others) >= first + pause - 1e-9


@pytest.mark.always("rate-after-pause-still-apart")
@ways(count=SOME, asks=STARTERS, pause=PAUSES)
def test_after_the_pause_they_are_an_interval_apart(
    count: int, asks: Callable[[int], float], pause: float
) -> None:
    trace = play("web/rate_limit_refused_fixed")
    assert trace.at("GET /3: 200") - trace.at("GET /2: 200") == pytest.approx(0.25)
    _refused, *others = refused_once(count, asks, pause)
    assert apart(others)
