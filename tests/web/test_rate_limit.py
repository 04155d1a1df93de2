"""Proofs for source/web/rate-limit.md."""

from __future__ import annotations

import asyncio
import math
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ways

NAMES = {"fixed": "fixed", "retry fixed": "retry_fixed", "retry broken": "retry_broken"}
"""Snippets with the same class."""
SLACK = 0.001
"""Seconds: the virtual clock goes on a little between reading it and passing."""
RATES = {"1": 1.0, "4": 4.0, "half": 0.5, "2.5": 2.5, "64": 64.0}
ARRIVALS = {
    "at once": [0.0] * 20,
    "one by one": [number / 2 for number in range(20)],
    "two crowds": [0.0] * 10 + [3.9] * 10,
    **{f"at random {seed}": [Random(seed).random() * 9 for _ in range(20)] for seed in range(5)},
}


def passed(
    rate: Any, arrivals: list[float], pauses: dict[float, float] | None = None
) -> list[float]:
    """Return at which second each passed who came at these; `pauses`: when, for how long."""
    starts: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def visit(at: float) -> None:
            await asyncio.sleep(at)
            await rate.wait()
            starts.append(loop.time() - start)

        async def pause(at: float, seconds: float) -> None:
            await asyncio.sleep(at)
            rate.pause(seconds)

        paused = (pause(*each) for each in (pauses or {}).items())
        await asyncio.gather(*paused, *map(visit, arrivals))

    perform(main)
    return starts


@pytest.mark.always("rate-marks-hold")
@ways(per_second=RATES, arrivals=ARRIVALS, name=NAMES)
def test_no_second_has_more(per_second: float, arrivals: list[float], name: str) -> None:
    shown = [each.time for each in play("web/rate_limit_fixed").events]
    assert shown == [number / 4 for number in range(8)]
    assert play("web/rate_limit_fixed").elapsed == pytest.approx(2.25), "the last answer took 0.5"
    starts = passed(load(f"web/rate_limit_{name}").Rate(per_second), arrivals)
    assert len(starts) == len(arrivals)
    for before, after in pairwise(starts):
        assert after - before > 1 / per_second - SLACK
    for begin in starts:
        inside = [at for at in starts if begin <= at < begin + 1 - SLACK]
        assert len(inside) <= math.ceil(per_second)


@pytest.mark.always("rate-first-come")
@ways(count={"two": 2, "twenty": 20, "a hundred": 100}, name=NAMES)
def test_first_come_first_served(count: int, name: str) -> None:
    rate = load(f"web/rate_limit_{name}").Rate(4)
    order: list[int] = []

    async def main() -> None:
        async def visit(number: int) -> None:
            await rate.wait()
            order.append(number)

        await asyncio.gather(*map(visit, range(count)))

    perform(main)
    assert order == list(range(count))


@pytest.mark.always("rate-cancelled-waiter")
@ways(
    cancelled={"the first": 0, "the next": 1, "one in the middle": 3}, at={"soon": 0.1, "late": 0.2}
)
def test_a_cancelled_waiter_takes_no_mark(cancelled: int, at: float) -> None:
    rate = load("web/rate_limit_fixed").Rate(4)
    starts: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await rate.wait()

        async def visit() -> None:
            await rate.wait()
            starts.append(loop.time() - start)

        visits = [asyncio.create_task(visit()) for _ in range(5)]
        await asyncio.sleep(at)
        visits[cancelled].cancel()
        await asyncio.wait(visits)

    perform(main)
    assert starts == pytest.approx([0.25, 0.5, 0.75, 1.0])


@pytest.mark.always("rate-one-loop")
@ways(name=NAMES, count={"two wait": 3, "many wait": 20})
def test_a_rate_serves_one_loop(name: str, count: int) -> None:
    rate = load(f"web/rate_limit_{name}").Rate(4)

    async def main() -> None:
        await asyncio.gather(*(rate.wait() for _ in range(count)))
        print("passed")

    assert perform(main).lines == ["passed"]

    async def again() -> None:
        with pytest.raises(RuntimeError, match="is bound to a different event loop"):
            await main()

    assert perform(again).lines == []


@pytest.mark.sometimes("rate-mark-before-semaphore")
def test_marks_passed_before_the_semaphore_are_no_rate() -> None:
    # no mutant: в примерах семафор и отметки не встречаются
    def starts(*, is_mark_first: bool) -> list[float]:
        rate, began = load("web/rate_limit_fixed").Rate(4), []

        async def main() -> None:
            places, loop = asyncio.Semaphore(2), asyncio.get_running_loop()
            start = loop.time()

            async def visit(number: int) -> None:
                if is_mark_first:
                    await rate.wait()
                async with places:
                    if not is_mark_first:
                        await rate.wait()
                    began.append(loop.time() - start)
                    await asyncio.sleep(3 if number < 2 else 0.01)

            await asyncio.gather(*map(visit, range(12)))

        perform(main)
        return began

    for is_mark_first in (True, False):
        began = starts(is_mark_first=is_mark_first)
        most = max(sum(at <= each < at + 1 - SLACK for each in began) for at in began)
        assert (most > 4) == is_mark_first


@pytest.mark.always("rate-semaphore-is-not-rate")
@ways(places={"one": 1, "four": 4}, seconds={"1/16": 1 / 16, "1/4": 0.25, "2": 2.0})
def test_a_semaphore_bounds_no_rate(places: int, seconds: float) -> None:
    shown = [each.time for each in play("web/rate_limit_broken").events]
    assert shown == [0] * 4 + [0.5] * 4
    starts: list[float] = []

    async def main() -> None:
        limit = asyncio.Semaphore(places)
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def visit() -> None:
            async with limit:
                starts.append(loop.time() - start)
                await asyncio.sleep(seconds)

        await asyncio.gather(*(visit() for _ in range(200)))

    perform(main)
    # Over two seconds, since an answer may take as long.
    assert sum(at < 2 for at in starts) == 2 * places / seconds


@pytest.mark.always("rate-lonely-pause")
def test_the_others_are_refused_too() -> None:
    # one way: the page's server and its pause
    trace = play("web/rate_limit_retry_broken")
    refused = [each.time for each in trace.events if each.text.endswith("429")]
    assert refused == [1, 1.5, 2]
    fixed = play("web/rate_limit_retry_fixed")
    assert [each.time for each in fixed.events if each.text.endswith("429")] == [1]


PAUSES = {
    "short": {0.1: 0.3},
    "long": {0.1: 5.0},
    "two": {0.1: 2.0, 1.0: 2.0},
    "inside": {0.1: 3.0, 1.0: 0.5},
}


@pytest.mark.always("rate-pause-stops-all")
@pytest.mark.always("rate-pause-then-rate")
@ways(pauses=PAUSES, arrivals=ARRIVALS)
def test_a_pause_holds_for_all(pauses: dict[float, float], arrivals: list[float]) -> None:
    trace = play("web/rate_limit_retry_fixed")
    assert [each.time for each in trace.events] == [0, 0.5, 1, 3, 3.5, 4]
    starts = passed(load("web/rate_limit_retry_fixed").Rate(4), arrivals, pauses)
    assert len(starts) == len(arrivals)
    for at, seconds in pauses.items():
        assert not [each for each in starts if at < each < at + seconds - SLACK]
    assert all(after - before > 0.25 - SLACK for before, after in pairwise(starts))
