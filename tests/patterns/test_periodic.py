"""Proofs for source/patterns/periodic.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from threading import Event, Thread, Timer

import pytest
from proven.stage import load, perform, play

from tests.ways import ways

PERIODS = {"0.5": 0.5, "1": 1.0, "60": 60.0}
INEXACT = {"0.1": 0.1, "0.3": 0.3, "a third": 1 / 3}
"""Periods whose multiples are no exact floats: a mark may seem to lie a hair ahead."""
SHARES = {"instant": (0.0,), "short": (0.3,), "uneven": (0.1, 0.9, 0.5), "nearly all": (0.99,)}
"""How much of the period the work takes, again and again."""


def starts(
    every: Callable[..., Awaitable[None]], seconds: float, works: tuple[float, ...], times: int
) -> list[float]:
    """Return at which second each work begins that takes as long as `works` say in turn."""
    begun: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def work() -> None:
            begun.append(round(loop.time() - start, 6))
            await asyncio.sleep(works[(len(begun) - 1) % len(works)])

        await every(seconds, times, work)

    perform(main)
    return begun


@pytest.mark.always("periodic-marks-keep-time")
@ways(seconds=PERIODS | INEXACT, shares=SHARES)
def test_marks_keep_time(seconds: float, shares: tuple[float, ...]) -> None:
    trace = play("patterns/periodic_fixed")
    assert trace.elapsed == pytest.approx(3.3), "the work itself takes its time"
    works = tuple(share * seconds for share in shares)
    for name in ("fixed", "late", "skipping"):
        every = load(f"patterns/periodic_{name}").every
        marks = [pytest.approx(number * seconds, abs=1e-5) for number in range(20)]
        assert starts(every, seconds, works, 20) == marks


@pytest.mark.always("periodic-pause-adds-work")
@ways(seconds=PERIODS, shares=SHARES)
def test_a_pause_adds_the_work(seconds: float, shares: tuple[float, ...]) -> None:
    every = load("patterns/periodic_broken").every
    works = tuple(share * seconds for share in shares)
    begun = starts(every, seconds, works, 20)
    gaps = [after - before for before, after in pairwise(begun)]
    assert gaps == [pytest.approx(seconds + works[n % len(works)]) for n in range(19)]


@pytest.mark.always("periodic-late-catches-up")
@ways(seconds=PERIODS, late={"one": 1.5, "two": 2.5, "ten": 10.5})
def test_missed_marks_are_made_up_at_once(seconds: float, late: float) -> None:
    every = load("patterns/periodic_late").every
    begun = starts(every, seconds, (0, late * seconds, *[0] * 30), 20)
    missed = int(late)
    assert begun[:2] == [0, seconds]
    assert begun[2 : 2 + missed] == [pytest.approx((1 + late) * seconds)] * missed
    assert begun[2 + missed :] == [number * seconds for number in range(2 + missed, 20)]


@pytest.mark.always("periodic-skips-missed")
@ways(seconds=PERIODS | INEXACT, late={"one": 1.5, "two": 2.5, "ten": 10.5})
def test_missed_marks_are_left_out(seconds: float, late: float) -> None:
    every = load("patterns/periodic_skipping").every
    begun = starts(every, seconds, (0, late * seconds, *[0] * 30), 20)
    numbers = [0, 1, *range(2 + int(late), 20 + int(late))]
    assert begun == [pytest.approx(number * seconds, abs=1e-5) for number in numbers]


@pytest.mark.always("periodic-event-stops-at-once")
@ways(before={"waiting": False, "set already": True})
def test_an_event_ends_the_wait(before: bool) -> None:
    trace = play("patterns/periodic_thread")
    assert trace.lines == ["main: stop", "main: did not wait for an hour"]
    stopped, worked = Event(), Event()
    if before:
        stopped.set()
    job = Thread(target=load("patterns/periodic_thread").every, args=(3600, worked.set, stopped))
    job.start()
    stopped.set()
    job.join(30)
    assert not job.is_alive()
    assert not worked.is_set()


@pytest.mark.always("periodic-timer-fires-once")
@ways(seconds={"at once": 0.0, "later": 0.01})
def test_a_timer_fires_once(seconds: float) -> None:
    fired: list[bool] = []
    timer = Timer(seconds, fired.append, (True,))
    timer.start()
    timer.join()
    assert fired == [True]
    with pytest.raises(RuntimeError):
        timer.start()
