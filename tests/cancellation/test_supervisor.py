"""Proofs for source/cancellation/supervisor.md."""

from __future__ import annotations

import asyncio
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
        supervised(work, 5, pause)
    gaps = [after - before for before, after in pairwise(work.begun)]
    assert gaps == [1 + pause * 2**number for number in range(4)]


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
