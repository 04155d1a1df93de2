"""What time it is, and what computing costs: nothing, unless it is asked what if it did.

The CPU time of a stretch, from one moment at which a thread asks for the time, waits or
prints to its next one, depends on the machine, but little on how busy that is.
"""

from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from proven.stage.clock.cost.moments import SECOND, Reading, exact

READS = 5_000
"""Readings of the clock at one moment after which it counts as busy waiting."""
STEPS = 20_000
"""Steps of loops at one moment after which they count as busy waiting, if a timer runs."""
READ = 50_000
"""Nanoseconds that each further reading, or step, takes."""
MICROSECOND = 1_000
"""Nanoseconds by which the time of day gets later with each reading: no other clock shows these."""
COUNTED = 100
"""Readings of a thread at one moment of which each is later than the one before."""
NOTICEABLE = 0.02
"""CPU seconds from which a stretch counts."""

_spent = time.thread_time


class Computed(NamedTuple):
    """A stretch of computing: its CPU seconds, and the line of the program where it ends."""

    seconds: float = 0.0
    line: int = 0


NOTHING = Computed()


def first_line(function: Any) -> int:
    """Return the line at which the function that is behind `function` begins; 0 if it has none."""
    while True:
        wrapped = getattr(function, "__dict__", {}).get("__wrapped__")
        if isinstance(function, functools.partial):
            # to_thread hands over partial(context.run, function, …).
            function = function.args[0] if function.args else function.func
        elif wrapped is not None:
            function = wrapped
        else:
            break
    return int(getattr(getattr(function, "__code__", None), "co_firstlineno", 0))


class Meter:
    """Measures the stretches of the threads that take part in a play.

    sleep: lets virtual seconds pass for the calling thread; charging: whether each
    stretch takes its time on the virtual clock, too; longest: what was measured;
    where: tells the line of the program that runs now.
    """

    def __init__(self, sleep: Callable[[float], None], charging: bool) -> None:
        self.charging = charging
        self.longest = NOTHING
        self.where: Callable[[], int] = lambda: 0
        self._sleep = sleep
        self._since: dict[int, float] = {}
        self._stated: set[int] = set()

    def begin(self) -> None:
        """Begin a stretch of the calling thread: what it has computed so far doesn't count."""
        self._since[threading.get_ident()] = _spent()

    def joins(self) -> None:
        """Begin the first stretch of the calling thread, if it hasn't begun."""
        self._since.setdefault(threading.get_ident(), _spent())

    def charge(self, line: int = 0) -> None:
        """End a stretch of the calling thread; line: where, if that isn't what runs now."""
        me = threading.get_ident()
        if me not in self._since:
            return
        seconds = _spent() - self._since[me]
        if seconds > NOTICEABLE and me not in self._stated:
            if seconds > self.longest.seconds:
                self.longest = Computed(seconds, line or self.where())
            if self.charging:
                self._sleep(seconds)
        self._stated.discard(me)
        self.begin()

    def pause(self) -> None:
        """End a stretch; the next one begins with `begin`.

        Meanwhile the calling thread starts another, which keeps the clock until it runs:
        time must not be waited for.
        """
        self.charge()
        self._since.pop(threading.get_ident(), None)

    def takes(self, seconds: float) -> None:
        """Let virtual seconds pass: for the stretch that ends here and for the next one.

        The author states it where the computing is, or at the line that the stage names.
        """
        self._sleep(seconds)
        self._stated.add(threading.get_ident())
        self.begin()


@dataclass(eq=False)
class Now:
    """Virtual nanoseconds since the play began, and how they are read.

    reverse: break ties (see Due) the other way; tied: whether there was one;
    charging: whether computing takes virtual time, too; threads: a number for each that waits.
    """

    reverse: bool = False
    charging: bool = False
    now: int = 0
    tied: bool = False
    serials: Any = field(default_factory=itertools.count)
    threads: dict[int, int] = field(default_factory=dict)
    _reads: int = 0
    _steps: int = 0
    _late: int = 0
    _later: int = 0

    def __post_init__(self) -> None:
        self.meter = Meter(self.sleep, self.charging)
        self._readings: dict[int, int] = {}

    def time(self) -> float:
        """Return the current virtual second."""
        return self.now / SECOND

    def read(self, epoch: int = 0) -> Reading:
        """Return the moment for the program, a date if an epoch is given."""
        late = self._count_reading()
        moment = epoch + self.now
        shown = moment + late * MICROSECOND if epoch else moment
        return Reading.at(moment, late, shown / SECOND)

    def read_ns(self, epoch: int = 0) -> int:
        """Return its nanosecond."""
        late = self._count_reading()
        return epoch + self.now + late * (MICROSECOND if epoch else 1)

    def _count_reading(self) -> int:
        """Return how late this reading is: who waits by reading lets time pass.

        Later than all at earlier moments and than those of the same thread, as in real time.  What
        threads do at the same moment doesn't count, or it would be something else each time.
        """
        self.meter.charge()
        self._reads += 1
        if self._reads > READS:
            self._creep()
        me = threading.get_ident()
        count = self._readings[me] = min(self._readings.get(me, 0) + 1, COUNTED)
        self._later = max(self._later, count)
        return self._late + count

    def sleep(self, seconds: float) -> None:
        """Let virtual seconds pass."""
        self._go_on(self.now + round(exact(seconds) * SECOND))

    def _creep(self) -> None:
        """Let a moment pass for who waits busily."""
        self.now += READ

    def _go_on(self, now: int) -> None:
        self.now, self._reads, self._steps = now, 0, 0
        self._late, self._later = self._late + self._later + 1, 0
        self._readings.clear()
