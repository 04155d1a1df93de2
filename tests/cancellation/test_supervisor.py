"""Proofs for source/cancellation/supervisor.md."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from proven.stage import load, perform, play

from tests.ways import ways

ERRORS = {
    "OSError": OSError,
    "KeyError": KeyError,
    "group": lambda: ExceptionGroup("", [OSError()]),
}
Make = Callable[[], Exception]


class Work:
    """Work that fails at each start after that many seconds, unless they are used up."""

    def __init__(self, *seconds: float, error: Make = ConnectionError) -> None:
        self.seconds, self.error = iter(seconds), error
        self.begun: list[float] = []

    async def __call__(self) -> None:
        self.begun.append(round(asyncio.get_running_loop().time(), 6))
        await asyncio.sleep(next(self.seconds))
        raise self.error()


def supervised(work: Work, attempts: int, pause: float) -> list[float]:
    """Return at which seconds the work began, counted from the first time."""
    supervise: Callable[..., Awaitable[None]] = load("cancellation/supervisor_restarts").supervise

    async def main() -> None:
        await supervise(work, attempts, pause)

    perform(main)
    raise AssertionError("it must give up")


def gaps_of(work: Work) -> list[float]:
    """Return the seconds from each start of the work to the next."""
    return [round(after - before, 6) for before, after in pairwise(work.begun)]


@pytest.mark.always("supervisor-gives-up")
@ways(attempts={"1": 1, "2": 2, "many": 7}, error=ERRORS)
def test_it_gives_up_after_so_many_failures(attempts: int, error: Make) -> None:
    assert play("cancellation/supervisor_restarts").lines[-1] == "main: feed is lost, giving up"
    work = Work(*[1.0] * 20, error=error)
    with pytest.raises(type(error())):
        supervised(work, attempts, 1)
    assert len(work.begun) == attempts


@pytest.mark.always("supervisor-pauses-grow")
@ways(pause={"0.5": 0.5, "1": 1.0, "3": 3.0})
def test_pauses_grow(pause: float) -> None:
    assert play("cancellation/supervisor_restarts").elapsed == 6
    work = Work(*[1.0] * 20)
    with pytest.raises(ConnectionError):
        supervised(work, 10, pause)
    doublings = (0, 1, 2, 3, 4, 5, 6, 6, 6)
    assert gaps_of(work) == [1 + pause * 2**number for number in doublings]


@pytest.mark.always("supervisor-forgets")
@ways(healthy={"just": 60.0, "long": 1000.0}, before={"1": 1, "2": 2})
def test_a_failure_after_long_work_is_the_first(healthy: float, before: int) -> None:
    work = Work(*[1.0] * before, healthy, *[1.0] * 20)
    with pytest.raises(ConnectionError):
        supervised(work, 3, 1)
    assert len(work.begun) == before + 3
    short = Work(*[1.0] * before, 59.5, *[1.0] * 20)
    with pytest.raises(ConnectionError):
        supervised(short, 3, 1)
    assert len(short.begun) == 3


@pytest.mark.always("supervisor-slow-failures")
@ways(lasts={"just": 60.0, "as long as a connect": 127.0}, attempts={"2": 2, "3": 3, "9": 9})
def test_attempts_that_fail_slowly_go_on_for_ever(lasts: float, attempts: int) -> None:
    slow = 100
    work = Work(*[lasts] * slow, *[1.0] * 20)
    with pytest.raises(ConnectionError):
        supervised(work, attempts, 1)
    assert gaps_of(work)[:slow] == [lasts + 1] * slow, "the shortest pause"
    # It gives up only when attempts get short; the last slow one counts as the first failure.
    assert len(work.begun) == slow + attempts - 1


class Returning(Work):
    """Work that fails, but for the starts of these numbers, which end well."""

    def __init__(self, *well: int) -> None:
        super().__init__(*[1.0] * 20)
        self.well = well

    async def __call__(self) -> None:
        try:
            await super().__call__()
        except ConnectionError:
            if len(self.begun) not in self.well:
                raise


@pytest.mark.always("supervisor-counts-in-a-row")
@ways(well={"first": (1,), "second": (2,), "third": (3,), "every other": (1, 3, 5), "rows": (3, 4)})
def test_a_failure_after_a_start_that_ended_well_is_the_first(well: tuple[int, ...]) -> None:
    work = Returning(*well)
    with pytest.raises(ConnectionError):
        supervised(work, 3, 1)
    assert len(work.begun) == well[-1] + 3
    assert work.begun[well[-1]] - work.begun[well[-1] - 1] == 1 + 1, "the shortest pause"


def cancelled(name: str, at: float) -> tuple[bool, int]:
    """Return whether a supervisor cancelled at that second is, and how often work began after."""
    supervise = load(f"cancellation/supervisor_{name}").supervise
    begun: list[bool] = []
    asked: list[bool] = []

    async def work() -> None:
        begun.append(bool(asked))
        await asyncio.sleep(1)
        raise ConnectionError

    supervise.__globals__["read_feed"] = work

    async def main() -> None:
        task = asyncio.create_task(supervise(4) if name == "broken" else supervise())
        await asyncio.sleep(at)
        asked.append(True)
        task.cancel()
        await asyncio.wait({task}, timeout=100)
        ended.append(task.cancelled())

    ended: list[bool] = []
    perform(main)
    return ended[0], sum(begun)


@pytest.mark.always("supervisor-swallows-cancel")
@ways(at={"first run": 0.5, "later run": 1.5, "near its end": 2.9})
def test_a_cancellation_is_another_restart(at: float) -> None:
    assert play("cancellation/supervisor_broken").lines[-1] == "main: stopped, cancelled: False"
    was_cancelled, restarts = cancelled("broken", at)
    assert not was_cancelled
    assert restarts == 3 - int(at)


@pytest.mark.always("supervisor-lets-cancel-pass")
@ways(at={"at work": 0.5, "in the pause": 1.5, "at work again": 2.5, "much later": 20.5})
def test_a_cancellation_passes(at: float) -> None:
    trace = play("cancellation/supervisor_fixed")
    assert trace.lines[-1] == "main: stopped, cancelled: True"
    assert cancelled("fixed", at) == (True, 0)


async def _tells_apart(work: Callable[[], Awaitable[None]]) -> None:
    """Supervise by the rule of the page: a cancellation that nobody asked for is a failure."""
    while True:
        try:
            await work()
        except (Exception, asyncio.CancelledError):
            task = asyncio.current_task()
            assert task
            if task.cancelling():
                raise
        await asyncio.sleep(1)


async def _tells_apart_by_tasks(work: Callable[[], Awaitable[None]]) -> None:
    """Do so with a task for each attempt: its groups count in a counter of their own."""

    async def attempt() -> None:
        await work()

    await _tells_apart(lambda: asyncio.create_task(attempt()))


async def _restarts(work: Callable[[], Awaitable[None]]) -> None:
    await load("cancellation/supervisor_restarts").supervise(work, attempts=3, pause=1)


async def _fixed(work: Callable[[], Awaitable[None]]) -> None:
    supervise = load("cancellation/supervisor_fixed").supervise
    supervise.__globals__["read_feed"] = work
    await supervise()


Supervise = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]
SUPERVISORS: dict[str, Supervise] = {
    "supervisor_restarts": _restarts,
    "supervisor_fixed": _fixed,
    "tells apart": _tells_apart,
    "tells apart by tasks": _tells_apart_by_tasks,
}
TELL_APART = (_tells_apart, _tells_apart_by_tasks)


@pytest.mark.always("supervisor-foreign-cancel")
@ways(supervise=SUPERVISORS, task={"shared task": True, "future": False})
def test_a_cancellation_of_the_work_stops_the_supervisor(supervise: Supervise, task: bool) -> None:
    async def main() -> None:
        begun: list[asyncio.Future[None]] = []

        async def work() -> None:
            future = asyncio.get_running_loop().create_future()
            begun.append(asyncio.create_task(asyncio.sleep(100)) if task else future)
            await begun[-1]

        async def supervised() -> None:
            await supervise(work)

        async with asyncio.TaskGroup() as group:
            supervisor = group.create_task(supervised())
            await asyncio.sleep(1)
            begun[0].cancel()
            await asyncio.sleep(5)
            ended = supervisor.done()
            supervisor.cancel()
        assert supervisor.cancelled()
        assert (ended, len(begun)) == ((False, 2) if supervise in TELL_APART else (True, 1))

    perform(main)


async def _in_finally(error: Make) -> None:
    try:
        await asyncio.sleep(100)
    finally:
        raise error()


async def _in_except(error: Make) -> None:
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        raise error() from None


class _Connection:
    """What cannot be closed."""

    def __init__(self, error: Make) -> None:
        self.error = error

    async def __aenter__(self) -> None:
        """Open it."""

    async def __aexit__(self, *_: object) -> None:
        """Fail."""
        raise self.error()


async def _in_async_with(error: Make) -> None:
    async with _Connection(error):
        await asyncio.sleep(100)


async def _in_group(error: Make) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_in_finally(error))


async def _in_group_of_a_task(error: Make) -> None:
    await asyncio.create_task(_in_group(error))


FAILS: dict[str, Callable[[Make], Awaitable[None]]] = {
    "finally": _in_finally,
    "except": _in_except,
    "async with": _in_async_with,
    "TaskGroup": _in_group,
    "TaskGroup of another task": _in_group_of_a_task,
}


@pytest.mark.always("supervisor-cleanup-hides-cancel")
@pytest.mark.always("supervisor-asks-cancelling")
@ways(supervise=SUPERVISORS, fails=FAILS, error=ERRORS)
def test_an_error_of_the_cleanup_hides_the_cancellation(
    supervise: Supervise, fails: Callable[[Make], Awaitable[None]], error: Make
) -> None:
    begun: list[int] = []
    over: list[bool] = []

    async def work() -> None:
        begun.append(1)
        await (asyncio.sleep(100) if over else fails(error))

    async def main() -> None:
        async def supervised() -> None:
            await supervise(work)

        supervisor = asyncio.create_task(supervised())
        await asyncio.sleep(1)
        supervisor.cancel()
        await asyncio.wait({supervisor}, timeout=5)
        if supervise in TELL_APART:
            group = fails in (_in_group, _in_group_of_a_task)
            assert type(supervisor.exception()) is (ExceptionGroup if group else type(error()))
            assert len(begun) == 1
        elif fails is _in_group and sys.version_info >= (3, 13):
            assert supervisor.cancelled(), "a group that failed cancels its task anew"
            assert len(begun) == 1
        else:
            assert not supervisor.done()
            assert len(begun) == 2
        over.append(True)  # or it would never end
        for _ in range(2):
            supervisor.cancel()
            await asyncio.wait({supervisor}, timeout=2)

    perform(main)
