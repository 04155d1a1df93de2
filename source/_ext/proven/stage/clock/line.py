"""One time line for all loops and threads of a play.

Who takes part is either busy or waits, for a moment or for something that others
bring.  When nobody is busy the time jumps to the earliest moment that is waited for,
and the one who waits for it goes on; of equal moments it is the one asked for first,
as real time would have it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from proven.stage.clock.blocked import PAUSE, Signal, are_blocked_but
from proven.stage.clock.cost import Meter
from proven.stage.trace import NotVirtual

SECOND = 1_000_000_000
READS = 5_000
"""Readings of the clock at one moment after which it counts as busy waiting."""
READ = 50_000
"""Nanoseconds that each further reading takes."""


class Deadlock(BaseException):
    """Nobody can go on: nothing is ready, no timer runs and nothing is on its way."""


class Over(BaseException):
    """The play of a thread that still waits is over: so is the thread."""


def _refuse(why: str) -> None:
    raise NotVirtual(why)


class Due(float):
    """A moment, in seconds, in the order of asking for it.

    made: the nanosecond at which it was asked for.  Of equal moments that were asked for
    at different ones real time decides; it mostly favours the earlier: every wait that
    is over was a little late.
    """

    __slots__ = ("clock", "made", "serial")
    clock: Clock
    made: int
    serial: int

    def __new__(cls, seconds: float, clock: Clock) -> Due:
        self = super().__new__(cls, round(seconds, 9))
        self.clock, self.made, self.serial = clock, clock.now, next(clock.serials)
        return self

    @property
    def rank(self) -> tuple[int, int]:
        return (-self.made if self.clock.reverse else 0, self.serial)

    def __lt__(self, other: Any) -> bool:
        if type(other) is not Due or float(self) != float(other):
            return float.__lt__(self, other)
        if self.made != other.made:
            self.clock.tied = True
        return self.rank < other.rank

    # What hashes like a float must stay one.
    __hash__ = float.__hash__


@dataclass(eq=False)
class Waiter:
    """Somebody who waits: until `due`, or until `ready` tells that something has come."""

    due: Due | None
    ready: Callable[[], bool]
    wake: Callable[[], None]
    for_lock: bool = False
    native: int = field(default_factory=threading.get_native_id)
    gone_on: bool = False
    failed: bool = False


@dataclass(eq=False)
class Clock:
    """Virtual nanoseconds since the play began.

    reverse: break ties (see Due) the other way; tied: whether there was one;
    charging: whether computing takes virtual time, too;
    on_jump: called before the time jumps; on_deadlock: before Deadlock is raised;
    refuse: called with the reason if the program needs the real clock;
    over: whether the play is: threads that still wait then end, or the next play would
    take them for its own.
    """

    reverse: bool = False
    charging: bool = False
    now: int = 0
    tied: bool = False
    over: bool = False
    on_jump: Callable[[], None] = lambda: None
    on_deadlock: Callable[[], None] = lambda: None
    refuse: Callable[[str], Any] = _refuse
    loops: WeakSet[Any] = field(default_factory=WeakSet)
    serials: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.meter = Meter(self.sleep, self.charging)
        self._mutex = threading.Lock()
        self._busy: dict[Hashable, int | None] = {threading.get_ident(): threading.get_native_id()}
        self._waiting: dict[int, Waiter] = {}
        self._reads = 0

    def time(self) -> float:
        """Return the current virtual second."""
        return self.now / SECOND

    def read(self) -> int:
        """Return the nanosecond for the program: one that waits by reading lets it pass."""
        self.meter.charge()
        self._reads += 1
        if self._reads > READS:
            self.now += READ
        return self.now

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for virtual seconds."""
        with self._mutex:
            if not self._waiting and [*self._busy] == [threading.get_ident()]:
                self.now += round(seconds * SECOND)
                self._reads = 0
                return
        self.wait_for(Signal(), seconds)

    def wait_for(self, signal: Signal, seconds: float) -> bool:
        """Wait for `signal` for at most virtual seconds; tell whether it was given."""
        due = Due(self.time() + seconds, self)
        return bool(self.wait(due, signal.take, signal.wake, signal.given))

    def begin(self, who: Hashable, native: int | None = None, instead_of: Hashable = None) -> None:
        """Take note that `who` is busy; native: the thread that it is, if it runs already."""
        with self._mutex:
            self._busy[who] = native
            self._busy.pop(instead_of, None)

    def end(self, who: Hashable) -> None:
        """Take note that `who` is through."""
        with self._mutex:
            self._busy.pop(who, None)
            waiting = [waiter for waiter in self._waiting.values() if not waiter.for_lock]
            # Somebody has to see whether the time may jump now; those at locks do by themselves.
            if waiting:
                waiting[0].wake()

    def wait(
        self,
        due: Due | None,
        poll: Callable[[float | None], Any],
        wake: Callable[[], None],
        ready: Callable[[], bool] | None = None,
    ) -> Any:
        """Block the calling thread until `due`, or until `poll` returns something true.

        poll waits for at most the real seconds given, without a limit for None; wake
        lets it return from another thread; ready: tells whether it would return
        something, if that can't be asked by poll(0).  Returns what poll returned,
        nothing if the moment has come.  Raises Deadlock if nobody can go on.
        """
        me = threading.get_ident()
        waiter = Waiter(due, ready or (lambda: bool(poll(0))), wake, for_lock=ready is not None)
        with self._mutex:
            takes_part = me in self._busy
            native = self._busy.pop(me, None)
            self._waiting[me] = waiter
        try:
            while not waiter.gone_on:
                limit = self._jump(waiter)
                if waiter.failed:
                    raise Deadlock
                if self.over:
                    raise Over
                came = None if waiter.gone_on else poll(limit)
                if came and not (waiter.gone_on and waiter.for_lock):
                    return came
            return None
        finally:
            with self._mutex:
                del self._waiting[me]
                if takes_part:
                    self._busy[me] = native
            self.meter.begin()

    def _jump(self, me: Waiter) -> float | None:
        """Let time pass if nobody is busy; return how long the caller may wait for others."""
        with self._mutex:
            busy, waiting = [*self._busy.values()], [*self._waiting.values()]
        if any(waiter.gone_on or waiter.failed for waiter in waiting):
            return None
        looking = {waiter.native for waiter in waiting}
        if busy and (None in busy or not are_blocked_but(looking)):
            return PAUSE
        # Those who wait can't go on meanwhile, and close what is asked here.
        with self._mutex:
            if [*self._busy.values()] != busy or [*self._waiting.values()] != waiting:
                return 0
            if any(waiter.gone_on or waiter.failed for waiter in waiting):
                # Another one has let the time jump meanwhile.
                return None
            # After the look at who is busy: what they brought before they ended is here by now.
            if me.ready():
                return 0
            if any(waiter.ready() for waiter in waiting if waiter is not me):
                return PAUSE
            dated = [waiter for waiter in waiting if waiter.due is not None]
            if dated:
                first = min(dated, key=_due_of)
                self.on_jump()
                self.now = max(self.now, round(_due_of(first) * SECOND))
                self._reads = 0
                first.gone_on = True
                if first is not me:
                    first.wake()
                return None
            if busy:
                # What a thread waits for in real time isn't known: the deadline tells.
                return PAUSE
            self.on_deadlock()
            for waiter in waiting:
                waiter.failed = True
                if waiter is not me:
                    waiter.wake()
            return 0


def _due_of(waiter: Waiter) -> Due:
    assert waiter.due is not None
    return waiter.due
