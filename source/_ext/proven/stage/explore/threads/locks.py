"""Locks and the like whose waits the explorer schedules: stand-ins for those of `threading`.

They keep what the documentation promises and no more: which of several waiting
threads gets a lock, or is woken by notify(), isn't promised, so any may be.
Each operation is a place of choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proven.stage.explore.threads.actor import Actor
from proven.stage.explore.threads.run import Run


def named(thing: Any) -> str:
    """Return the name of a lock or the like: its class and, in its run, its number."""
    while thing.of is not None:
        thing = thing.of
    return f"{type(thing).__name__} {thing.number}"


class Named:
    """What has a number of its own within its run; of: what it is a part of."""

    def __init__(self) -> None:
        self.of: Any = None
        kind, run = type(self).__name__, Run.current
        numbers = run.numbers if run else {}
        self.number = numbers[kind] = numbers.get(kind, 0) + 1

    def __repr__(self) -> str:
        return f"<{named(self)}>"


def begin(what: str) -> tuple[Run | None, Actor | None]:
    """Stand before an operation; return the run and the actor, None outside of one."""
    run = Run.current
    return run, run.before(what) if run else None


def note(what: str, thing: Any, value: str = "") -> None:
    """Tell the recorder what the moving actor did with `thing`."""
    if Run.current:
        Run.current.act(what, named(thing), value)


def wait(ready: Callable[[], bool], what: str, timeout: float | None = None) -> bool:
    """Let the calling actor wait; outside of a run what isn't ready never will be."""
    run = Run.current
    me = run.mine() if run else None
    if run and me and not run.over:
        return run.wait(me, ready, what, timed=timeout is not None and timeout >= 0)
    if not ready() and timeout is None:
        raise RuntimeError(f"{what} would wait for ever: no other thread moves")
    return ready()


def caller() -> Any:
    """Return the actor that calls; outside of a run nobody in particular."""
    run = Run.current
    return (run and run.mine()) or "nobody"


class Lock(Named):
    """As threading.Lock: anybody may release it."""

    def __init__(self) -> None:
        super().__init__()
        self.owner: Any = None
        self.depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        begin(f"acquire {named(self)}")
        me = caller()
        if not self._is_free(me) and blocking and timeout != 0:
            limit = None if timeout < 0 else timeout
            wait(lambda: self._is_free(me), self._waited(), limit)
        if not self._is_free(me):
            note("fails", self)
            return False
        self.owner = me
        self.depth += 1
        if self.depth == 1:
            note("takes", self)
        return True

    def release(self) -> None:
        begin(f"release {named(self)}")
        self._check()
        self.depth -= 1
        if not self.depth:
            self.owner = None
            note("gives", self)

    def locked(self) -> bool:
        begin(f"locked {named(self)}")
        return self.owner is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        run = Run.current
        if run and run.over:
            self.owner, self.depth = None, 0
        else:
            self.release()

    def _is_free(self, me: Any) -> bool:
        return self.owner is None

    def _check(self) -> None:
        if self.owner is None:
            raise RuntimeError("release unlocked lock")

    def _waited(self) -> str:
        holder = getattr(self.owner, "name", self.owner)
        return f"{named(self)}, held by {holder}"


class RLock(Lock):
    """As threading.RLock: its owner takes it again, and only that one releases it."""

    def _is_free(self, me: Any) -> bool:
        return self.owner is None or self.owner is me

    def _check(self) -> None:
        if self.owner is not caller():
            raise RuntimeError("cannot release un-acquired lock")


class Semaphore(Named):
    """As threading.Semaphore."""

    def __init__(self, value: int = 1) -> None:
        super().__init__()
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self.value = self.most = value

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        begin(f"acquire {named(self)}")
        if self.value == 0 and blocking:
            wait(lambda: self.value > 0, named(self), timeout)
        if self.value == 0:
            note("fails", self)
            return False
        self.value -= 1
        note("takes", self)
        return True

    __enter__ = acquire

    def release(self, n: int = 1) -> None:
        begin(f"release {named(self)}")
        self.value += n
        note("gives", self)

    def __exit__(self, *_: object) -> None:
        if not (Run.current and Run.current.over):
            self.release()


class BoundedSemaphore(Semaphore):
    """As threading.BoundedSemaphore: a release too many is an error."""

    def release(self, n: int = 1) -> None:
        begin(f"release {named(self)}")
        if self.value + n > self.most:
            raise ValueError("Semaphore released too many times")
        self.value += n
        note("gives", self)
