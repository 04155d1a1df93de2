"""Locks and the like whose waits the explorer schedules: stand-ins for those of `threading`.

They keep what the documentation promises and no more: which of several waiting
threads gets a lock, or is woken by notify(), isn't promised, so any may be.
Each operation is a place of choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proven.stage.explore.run import Actor, Run


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


def _me() -> Any:
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
        me = _me()
        if not self._is_free(me) and blocking and timeout != 0:
            limit = None if timeout < 0 else timeout
            wait(lambda: self._is_free(me), self._waited(), limit)
        if not self._is_free(me):
            note("fails", self)
            return False
        self.owner = me
        self.depth += 1
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
        if self.owner is not _me():
            raise RuntimeError("cannot release un-acquired lock")


class Condition(Named):
    """As threading.Condition: any of the waiting may be woken."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__()
        self.lock = lock or RLock()
        if lock is None:
            self.lock.of = self
        self.acquire, self.release = self.lock.acquire, self.lock.release
        self.waiting: list[list[bool]] = []

    def __enter__(self) -> bool:
        return self.lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self.lock.__exit__(*error)

    def wait(self, timeout: float | None = None) -> bool:
        begin(f"wait {named(self)}")
        self._check()
        woken: list[bool] = []
        self.waiting.append(woken)
        depth, self.lock.depth, self.lock.owner = self.lock.depth, 0, None
        try:
            wait(lambda: bool(woken), f"notify of {named(self)}", timeout)
        finally:
            if not woken:
                self.waiting.remove(woken)
        wait(lambda: self.lock.owner is None, f"{named(self.lock)}")
        self.lock.owner, self.lock.depth = _me(), depth
        note("wakes", self)
        return bool(woken)

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        while not (result := predicate()):
            if not self.wait(timeout) and timeout is not None:
                return predicate()
        return result

    def notify(self, n: int = 1) -> None:
        run, me = begin(f"notify {named(self)}")
        self._check()
        note("notifies", self)
        for _ in range(min(n, len(self.waiting))):
            one = run.pick(me, len(self.waiting), "whom to notify") if run and me else 0
            self.waiting.pop(one).append(True)

    def notify_all(self) -> None:
        self.notify(len(self.waiting))

    def _check(self) -> None:
        if self.lock.owner is not _me():
            raise RuntimeError("cannot wait on or notify an un-acquired lock")


class Event(Named):
    """As threading.Event."""

    def __init__(self) -> None:
        super().__init__()
        self.flag = False

    def is_set(self) -> bool:
        begin(f"is_set {named(self)}")
        note("asks", self, str(self.flag))
        return self.flag

    def set(self) -> None:
        begin(f"set {named(self)}")
        self.flag = True
        note("sets", self)

    def clear(self) -> None:
        begin(f"clear {named(self)}")
        self.flag = False
        note("clears", self)

    def wait(self, timeout: float | None = None) -> bool:
        begin(f"wait {named(self)}")
        # Once set it wakes who waits, even if it is cleared before they move.
        return wait(lambda: self.flag, named(self), timeout) or self.flag


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


class BrokenBarrierError(RuntimeError):
    """As threading.BrokenBarrierError."""


class Barrier(Named):
    """As threading.Barrier."""

    def __init__(
        self, parties: int, action: Callable[[], object] | None = None, timeout: float | None = None
    ) -> None:
        super().__init__()
        self.parties, self.action, self.timeout = parties, action, timeout
        self.n_waiting, self.broken, self._round = 0, False, 0

    def wait(self, timeout: float | None = None) -> int:
        begin(f"wait {named(self)}")
        if self.broken:
            raise BrokenBarrierError
        place, round = self.n_waiting, self._round
        self.n_waiting += 1
        if self.n_waiting == self.parties:
            if self.action:
                self.action()
            self.n_waiting, self._round = 0, round + 1
            note("opens", self)
            return place
        limit = self.timeout if timeout is None else timeout
        if not wait(lambda: self._round > round or self.broken, named(self), limit):
            self.abort()
        if self._round == round:
            raise BrokenBarrierError
        return place

    def abort(self) -> None:
        begin(f"abort {named(self)}")
        self.broken = True

    def reset(self) -> None:
        begin(f"reset {named(self)}")
        self.broken = self.n_waiting > 0
        self.n_waiting = 0
