"""Stand-ins for Condition, Event and Barrier: who waits in them is woken by another thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proven.stage.explore.threads.locks import Named, RLock, begin, caller, named, note, wait


@dataclass(eq=False)
class _Waiting:
    """Who waits in a condition, and whether somebody has woken it."""

    actor: Any
    woken: bool = False


class Condition(Named):
    """As threading.Condition: any of the waiting may be woken."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__()
        self.lock = lock or RLock()
        if lock is None:
            self.lock.of = self
        self.acquire, self.release = self.lock.acquire, self.lock.release
        self.waiting: list[_Waiting] = []

    def __enter__(self) -> bool:
        return self.lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self.lock.__exit__(*error)

    def wait(self, timeout: float | None = None) -> bool:
        begin(f"wait {named(self)}")
        self._check()
        waiting = _Waiting(caller())
        self.waiting.append(waiting)
        depth, self.lock.depth, self.lock.owner = self.lock.depth, 0, None
        try:
            wait(lambda: waiting.woken, f"notify of {named(self)}", timeout)
        finally:
            if not waiting.woken:
                self.waiting.remove(waiting)
        wait(lambda: self.lock.owner is None, f"{named(self.lock)}")
        self.lock.owner, self.lock.depth = caller(), depth
        note("wakes", self)
        return waiting.woken

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
            one = 0
            if run and me and len(self.waiting) > 1:
                actors = [waiting.actor for waiting in self.waiting]
                one = run.pick(me, actors, "whom to notify")
            self.waiting.pop(one).woken = True

    def notify_all(self) -> None:
        self.notify(len(self.waiting))

    def _check(self) -> None:
        if self.lock.owner is not caller():
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
