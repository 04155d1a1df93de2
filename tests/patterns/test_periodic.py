"""Proofs for source/patterns/periodic.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise
from threading import Event, Thread, Timer
from types import SimpleNamespace
from typing import Any

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


class Clock:
    """Stands for `time` and for the event in a thread's loop; seconds pass as they are waited."""

    def __init__(self, until: float) -> None:
        self.now = 1000.0
        self.until = self.now + until
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        """Let the seconds pass, and tell whether the loop has been asked to stop."""
        self.waits.append(seconds)
        self.now += max(seconds, 0)
        return self.now >= self.until


def starts_in_thread(
    seconds: float, works: tuple[float, ...], times: int, failing: type[Exception] | None = None
) -> list[float]:
    """Return at which second each work of the thread's loop begins.

    `failing` is what each work raises, and what is caught around it.
    """
    clock, begun = Clock((times - 0.5) * seconds), list[float]()
    every = load("patterns/periodic_thread").every
    every.__globals__["time"] = SimpleNamespace(monotonic=clock.monotonic)

    def work() -> None:
        begun.append(clock.now - 1000)
        clock.now += works[(len(begun) - 1) % len(works)]
        if failing:
            raise failing

    def guarded() -> None:
        try:
            work()
        except Exception:
            if not failing:
                raise

    every(seconds, guarded, clock)
    assert len(clock.waits) == len(begun) + 1, "each work has its wait, and the last one ends it"
    return begun


@pytest.mark.always("periodic-thread-marks")
@ways(seconds=PERIODS | INEXACT, shares=SHARES | {"too long": (0.2, 2.5, 0.2)})
def test_a_thread_keeps_to_the_marks(seconds: float, shares: tuple[float, ...]) -> None:
    trace = play("patterns/periodic_thread", clock="virtual")
    assert [trace.at("main: stop"), trace.elapsed] == [pytest.approx(2.6)] * 2
    assert trace.lines.count("poll") == 3
    works = tuple(share * seconds for share in shares)
    numbers, number = list[int](), 0
    while number < 20:
        numbers.append(number)
        number += 1 + int(shares[(len(numbers) - 1) % len(shares)])
    marks = [pytest.approx(number * seconds, abs=1e-5) for number in numbers]
    assert starts_in_thread(seconds, works, 20) == marks


ERRORS: dict[str, type[Exception]] = {
    "OSError": OSError,
    "ValueError": ValueError,
    "TimeoutError": TimeoutError,
}


@pytest.mark.always("periodic-error-ends-loop")
@ways(error=ERRORS)
def test_an_error_that_nobody_catches_ends_the_loop(error: type[Exception]) -> None:
    # no mutant: исключение выходит из любого цикла, в котором его не ловят
    calls: list[str] = []

    async def work() -> None:
        calls.append("work")
        raise error

    def work_in_thread() -> None:
        calls.append("work")
        raise error

    for name in ("fixed", "late", "skipping", "broken"):
        every = load(f"patterns/periodic_{name}").every
        calls.clear()

        async def main(every: Callable[..., Awaitable[None]] = every) -> None:
            with pytest.raises(error):
                await every(1, 20, work)

        perform(main)
        assert calls == ["work"]
    calls.clear()
    with pytest.raises(error):
        load("patterns/periodic_thread").every(1, work_in_thread, Event())
    assert calls == ["work"]


@pytest.mark.always("periodic-hung-work")
@ways(
    hung={"the first": 0, "the second": 1, "the fourth": 3},
    limit={"no deadline": None, "a deadline": 0.5},
)
def test_work_that_hangs_ends_the_loop_silently(hung: int, limit: float | None) -> None:
    # no mutant: зависшая работа остановит любой цикл, который её ждёт
    for name in ("fixed", "late", "skipping", "broken", "errors"):
        every, calls = load(f"patterns/periodic_{name}").every, list[int]()

        async def work(calls: list[int] = calls) -> None:
            calls.append(len(calls))
            with suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    await asyncio.sleep(1e6 if len(calls) > hung else 0)

        async def main(
            every: Callable[..., Awaitable[None]] = every, named: bool = name != "errors"
        ) -> None:
            job = asyncio.ensure_future(every(1, *([1000] if named else []), work))
            await asyncio.wait([job], timeout=100)
            assert not job.done()

        trace = perform(main)
        assert (trace.lines, trace.stderr) == ([], "")
        assert len(calls) == hung + 1 if limit is None else len(calls) > 50


@pytest.mark.always("periodic-error-keeps-marks")
@ways(error=ERRORS, share={"at once": 0.0, "later": 0.4})
def test_a_caught_error_leaves_the_marks_alone(error: type[Exception], share: float) -> None:
    trace = play("patterns/periodic_errors")
    failed = trace.at("log: poll failed: ConnectionError('no answer')")
    assert failed == pytest.approx(1)
    assert [event.time for event in trace.events if event.text == "poll"] == [0, pytest.approx(2)]
    begun: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def work() -> None:
            begun.append(loop.time() - start)
            await asyncio.sleep(share)
            raise error

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(load("patterns/periodic_errors").every(1, work), 9.5)

    perform(main)
    assert begun == [pytest.approx(number) for number in range(10)]
    assert starts_in_thread(1, (share,), 10, failing=error) == pytest.approx(begun)


@pytest.mark.always("periodic-cancel-stops")
@ways(moment={"asleep": 2.7, "at work": 2.2, "at work for the first time": 0.2})
def test_a_cancel_stops_a_loop_that_catches_errors(moment: float) -> None:
    assert play("patterns/periodic_errors").lines[-1] == "main: stopped, cancelled: True"

    async def main() -> None:
        job = asyncio.create_task(
            load("patterns/periodic_errors").every(1, lambda: asyncio.sleep(0.5))
        )
        await asyncio.sleep(moment)
        job.cancel()
        await asyncio.wait([job], timeout=5)
        assert job.cancelled()
        print("stopped")

    assert perform(main).at("stopped") == pytest.approx(moment)


class Connection:
    """Its closing fails."""

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        raise ConnectionError("while closing")


async def fails_in_finally() -> None:
    try:
        await asyncio.sleep(0.5)
    finally:
        raise ConnectionError("while closing")


async def fails_in_with() -> None:
    async with Connection():
        await asyncio.sleep(0.5)


async def fails_in_except() -> None:
    try:
        await asyncio.sleep(0.5)
    except asyncio.CancelledError as cancelled:
        raise ConnectionError("while closing") from cancelled


@pytest.mark.always("periodic-cleanup-hides-cancel")
@ways(work={each.__name__: each for each in (fails_in_finally, fails_in_with, fails_in_except)})
def test_an_error_of_the_cancelled_work_keeps_the_loop_going(
    work: Callable[[], Awaitable[None]],
) -> None:
    async def main() -> None:
        job = asyncio.create_task(load("patterns/periodic_errors").every(1, work))
        await asyncio.sleep(1.2)
        job.cancel()
        await asyncio.wait([job], timeout=5)
        assert not job.done()
        await asyncio.sleep(0.5)  # it is asleep
        job.cancel()
        await asyncio.wait([job], timeout=5)
        assert job.cancelled()
        print("asserted")

    assert perform(main).lines[-1:] == ["asserted"]


FOREIGN: dict[str, Callable[[], asyncio.Future[Any]]] = {
    "task": lambda: asyncio.create_task(asyncio.sleep(60)),
    "future": lambda: asyncio.get_running_loop().create_future(),
    "gather": lambda: asyncio.ensure_future(asyncio.gather(asyncio.sleep(60))),
}
"""What the work waits for and somebody else cancels."""


@pytest.mark.always("periodic-foreign-cancel-ends-loop")
@ways(foreign=FOREIGN, awaits={"await": True, "wait": False})
def test_a_cancel_of_what_the_work_waits_for_ends_the_loop(
    foreign: Callable[[], asyncio.Future[Any]], awaits: bool
) -> None:
    calls = []

    async def work() -> None:
        calls.append("work")
        if len(calls) == 2:
            waited = foreign()
            asyncio.get_running_loop().call_later(0.1, waited.cancel)
            if awaits:
                await waited
            else:
                await asyncio.wait([waited])

    async def main() -> None:
        job = asyncio.create_task(load("patterns/periodic_errors").every(1, work))
        await asyncio.wait([job], timeout=4.5)
        assert job.cancelled() is awaits
        assert job.cancelling() == 0
        job.cancel()

    trace = perform(main)
    assert len(calls) == (2 if awaits else 5)
    assert trace.lines == []
    # Of a gather whose outcome nobody asks for, the loop tells.
    assert not awaits or trace.stderr == ""


@pytest.mark.always("periodic-event-stops-at-once")
@ways(before={"waiting": False, "set already": True})
def test_an_event_ends_the_wait(before: bool) -> None:
    trace = play("patterns/periodic_thread", clock="virtual")
    assert trace.at("main: the thread has ended") == trace.at("main: stop")
    stopped, worked = Event(), list[bool]()
    begun = Event()

    def work() -> None:
        worked.append(True)
        begun.set()

    if before:
        stopped.set()
    job = Thread(target=load("patterns/periodic_thread").every, args=(3600, work, stopped))
    job.start()
    if not before:
        assert begun.wait(30)
    stopped.set()
    job.join(30)
    assert not job.is_alive()
    assert worked == ([] if before else [True])


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
