"""One time line for all loops and threads of a play.

Who takes part is either busy or waits, for a moment or for something that others
bring.  When nobody is busy the time jumps to the earliest moment that is waited for,
and the one who waits for it goes on; of equal moments it is the one asked for first,
as real time would have it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from proven.stage.clock import real
from proven.stage.clock.blocked import (
    PAUSE,
    Due,
    Limits,
    Signal,
    Waiter,
    are_blocked_but,
    are_on_their_way,
)
from proven.stage.clock.cost import READ, READS, SECOND, STEPS, Now, exact
from proven.stage.trace import NotVirtual

SPIN = 2.0
"""CPU seconds after which a thread beside which others wait counts as one that waits busily."""


class Deadlock(BaseException):
    """Nobody can go on: nothing is ready, no timer runs and nothing is on its way."""


class Over(SystemExit):
    """The play of a thread is over: so is the thread, of which nobody is told."""


def _refuse(why: str) -> None:
    raise NotVirtual(why)


@dataclass(eq=False)
class Parts(Now):
    """Who takes part: is busy, or waits."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._mutex = threading.Lock()
        self._busy: dict[Hashable, int | None] = {threading.get_ident(): threading.get_native_id()}
        self._waiting: dict[int, Waiter] = {}
        # One looks whether the time may jump, or many would take each other's time.
        self._looker: Waiter | None = None

    def begin(self, who: Hashable, native: int | None = None, instead_of: Hashable = None) -> None:
        """Take note that `who` is busy; native: the thread that it is, if it runs already."""
        with self._mutex:
            self._busy[who] = native
            self._busy.pop(instead_of, None)

    def end(self, who: Hashable) -> None:
        """Take note that `who` is through."""
        with self._mutex:
            self._busy.pop(who, None)
            # The time may jump now, perhaps.
            if self._looker:
                self._looker.wake()

    def step(self, has_timer: bool) -> None:
        """Take note of a step of a loop that has more to do: going round lets time pass, too."""
        if has_timer or self._waiting:
            self._steps += 1
            if self._steps > STEPS:
                self._creep()

    def _creep(self) -> None:
        with self._mutex:
            dues = [waiter.due for waiter in self._waiting.values() if waiter.due is not None]
        # Nobody who waits may be passed by.
        first = min((round(due * SECOND) for due in dues), default=self.now + READ)
        self.now = max(self.now, min(self.now + READ, first))

    def _has_crept_to(self, waiter: Waiter) -> bool:
        """Tell whether a busy thread has waited until the moment of `waiter`."""
        creeps = self._reads > READS or self._steps > STEPS
        return creeps and waiter.due is not None and round(waiter.due * SECOND) <= self.now


@dataclass(eq=False)
class Clock(Parts):
    """One for all who take part in a play.

    on_jump: called before the time jumps; on_deadlock: before Deadlock is raised;
    refuse: called with the reason if the program needs the real clock;
    over: whether the play is.
    """

    over: bool = False
    on_jump: Callable[[], None] = lambda: None
    on_deadlock: Callable[[], None] = lambda: None
    refuse: Callable[[str], Any] = _refuse
    loops: WeakSet[Any] = field(default_factory=WeakSet)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._busy_since: tuple[object, float] = (None, 0.0)
        self._limits = Limits()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for virtual seconds; Over if the play is."""
        if self.over:
            raise Over
        with self._mutex:
            if not self._waiting and [*self._busy] == [threading.get_ident()]:
                while are_on_their_way(self.refuse):
                    real.sleep(PAUSE)
                super().sleep(seconds)
                return
        self.wait_for(Signal(), seconds)

    def wait_for(self, signal: Signal, seconds: float) -> bool:
        """Wait for `signal` for at most virtual seconds; tell whether it was given."""
        due = Due(self.time() + exact(seconds), self)
        return bool(self.wait(due, signal.take, signal.wake, signal.given))

    def close(self) -> None:
        """Let the play be over: threads that still take part end as soon as they run."""
        self.over = True
        with self._mutex:
            left = {who for who, native in self._busy.items() if native} | {*self._waiting}
            _end(left - {threading.get_ident()})

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
        nothing if the moment has come.  Raises Deadlock if nobody can go on, Over if the
        play is over.
        """
        if self.over:
            raise Over
        me = threading.get_ident()
        waiter = Waiter(due, ready or (lambda: bool(poll(0))), wake, for_lock=ready is not None)
        with self._mutex:
            takes_part = me in self._busy
            native = self._busy.pop(me, None)
            self._waiting[me] = self._looker = waiter
        try:
            # Asked again and again: an Over that comes while a weak reference dies is lost.
            while not (waiter.gone_on or self.over):
                limit = self._jump(waiter)
                if waiter.failed:
                    raise Deadlock
                came = None if waiter.gone_on or self.over else poll(limit)
                if came and not (waiter.gone_on and waiter.for_lock):
                    return came
            if self.over:
                raise Over
            return None
        finally:
            with self._mutex:
                del self._waiting[me]
                if takes_part:
                    self._busy[me] = native
                if self._looker is waiter:
                    self._looker = next(reversed(self._waiting.values()), None)
                    if self._looker:
                        self._looker.wake()
            self.meter.begin()

    def _refuse_spinning(self, busy: list[int | None], waiting: list[Waiter]) -> None:
        """Refuse a thread that may wait for others, as by `while not flag: pass`."""
        state, spent = (self.now, busy, waiting), time.process_time()
        if self._busy_since[0] != state or all(waiter.due is None for waiter in waiting):
            self._busy_since = (state, spent)
        elif spent - self._busy_since[1] > SPIN:
            self.refuse(f"for {SPIN:g} s a thread is busy beside others that wait for a moment")

    def _jump(self, me: Waiter) -> float | None:
        """Let time pass if nobody is busy; return how long the caller may wait for others."""
        with self._mutex:
            if me is not self._looker:
                return None
            busy, waiting = [*self._busy.values()], [*self._waiting.values()]
            if any(waiter.gone_on or waiter.failed for waiter in waiting):
                # Who goes on may come to stand at what isn't known here: that must be seen.
                return 10 * PAUSE
            if late := [waiter for waiter in waiting if self._has_crept_to(waiter)]:
                min(late, key=Waiter.moment).let_go_on(me)
                return 0
        looking = {waiter.native for waiter in waiting}
        if busy and (None in busy or not are_blocked_but(looking)):
            self._refuse_spinning(busy, waiting)
            return PAUSE
        # Those who wait can't go on meanwhile, and close what is asked here.
        with self._mutex:
            if [*self._busy.values()] != busy or [*self._waiting.values()] != waiting:
                return 0
            if any(waiter.gone_on or waiter.failed for waiter in waiting):
                return None  # Another one has let the time jump meanwhile.
            if are_on_their_way(self.refuse):
                return PAUSE
            # After the look at who is busy: what they brought before they ended is here by now.
            if me.ready():
                return 0
            if any(waiter.ready() for waiter in waiting if waiter is not me):
                return PAUSE
            dated = [waiter for waiter in waiting if waiter.due is not None]
            if dated:
                first = min(dated, key=Waiter.moment)
                then = max(self.now, round(first.moment() * SECOND))
                why = busy and self._limits.passed_by(self.now, then, looking)
                if why and not self.over:
                    self.refuse(why)
                self.on_jump()
                self._go_on(then)
                first.let_go_on(me)
                return 10 * PAUSE
            if busy:
                # What a thread waits for in real time isn't known: the deadline tells.
                return PAUSE
            self.on_deadlock()
            for waiter in waiting:
                waiter.failed = True
                if waiter is not me:
                    waiter.wake()
            return 0


def _end(threads: set[Any]) -> None:
    """End threads: the next play would take them for its own, or they would sleep really."""
    from ctypes import c_ulong, py_object, pythonapi

    for thread in threads:
        pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), py_object(Over))
