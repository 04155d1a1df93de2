"""Who waits for what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from proven.stage.clock.cost import Lapse, exact

PAUSE = 0.002
"""Real seconds after which one who waits looks again."""
REST = 0.2
"""Real seconds after which one whom others wake looks whether the play is over."""


class Signal:
    """What one thread waits for until another one gives it, as a waiter of a Condition.

    That it was given shows at once, not when who waits has waked and taken it: meanwhile the
    time must not jump.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._given = False

    def release(self) -> None:
        """Give it: so `notify` does."""
        self._given = True
        self.wake()

    def wake(self) -> None:
        """Let who waits look again."""
        with suppress(RuntimeError):
            self._lock.release()

    def take(self, limit: float | None) -> bool:
        """Wait for at most so many real seconds; tell whether it was given."""
        self._lock.acquire(timeout=REST if limit is None else limit)
        return self._given

    def given(self) -> bool:
        """Tell whether it was."""
        return self._given


class Due(float):
    """A moment, in seconds, in the order of asking for it.

    made: the nanosecond at which it was asked for.  Of equal moments that were asked for
    at different ones real time decides; it mostly favours the earlier: every wait that
    is over was a little late.  So it does if what was waited for was measured (see Lapse),
    and of those of several threads: the system wakes them in any order.
    """

    __slots__ = ("clock", "made", "measured", "serial", "thread")
    clock: Any
    made: int
    measured: bool
    serial: int
    thread: int

    def __new__(cls, seconds: float, clock: Any) -> Due:
        self = super().__new__(cls, round(exact(seconds), 9))
        self.clock, self.made, self.serial = clock, clock.now, next(clock.serials)
        self.measured = type(seconds) is Lapse
        # In the order in which they came to wait.
        self.thread = clock.threads.setdefault(threading.get_ident(), len(clock.threads))
        return self

    @property
    def rank(self) -> tuple[int, ...]:
        if not self.clock.reverse:
            return (self.serial,)
        return (-self.made, -self.thread, -self.serial if self.measured else self.serial)

    def __lt__(self, other: Any) -> bool:
        if type(other) is not Due or float(self) != float(other):
            return float.__lt__(self, other)
        apart = (self.made, self.thread) != (other.made, other.thread)
        if apart or self.measured or other.measured:
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

    def moment(self) -> Due:
        """Return the one that it waits for."""
        assert self.due is not None
        return self.due

    def let_go_on(self, asking: Waiter) -> None:
        """Take note that its moment has come; asking: the one that runs."""
        self.gone_on = True
        if self is not asking:
            self.wake()
