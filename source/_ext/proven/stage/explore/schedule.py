"""The choices of a run, how the next run's follow from them, and what came out of all runs.

Both explorers, of threads and of tasks, ask one object of this module who goes next
wherever several could.  It answers so that the runs together take every order
(depth first), every order up to a bound, or random ones of a seed.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 50_000
"""Orders after which an exploration gives up, if it isn't told another number."""

STEPS = 20_000
"""Steps of one run after which it counts as spinning without end."""


Schedule = tuple[tuple[int, int], ...]
"""The choices of a run that took another option than the first: (place, option)."""


UNSTEADY = (
    "not deterministic: the same choices led elsewhere when they were taken again; "
    "take out random numbers, the clock and what an earlier run left outside"
)


class CannotExplore(AssertionError):
    """The program can't be explored as asked; the text says why and what to do."""


class Orders:
    """Every order, depth first; with `bound`, only those that leave the usual order so often.

    The first option is the usual one: the thread that runs goes on, the task that
    is ready first goes first.  Each other one costs 1 of the bound, if it isn't free.
    """

    def __init__(self, bound: int | None = None) -> None:
        self.bound = bound
        self.cut = False
        """Whether the bound ever took an option away."""
        self.departures: list[int] = []
        """The places where this run left the usual order at a cost."""
        self._taken: list[tuple[Any, ...]] = []
        self._step = 0

    @property
    def schedule(self) -> Schedule:
        """Where this run left the first option, and for which: enough to replay it."""
        taken = self._taken[: self._step]
        return tuple((place, chosen) for chosen, _, place, _ in taken if chosen)

    @property
    def length(self) -> int:
        """How many choices this run has met so far."""
        return self._step

    @property
    def spent(self) -> bool:
        """Whether this run may not leave the usual order any more, except where that is free."""
        return self.bound is not None and len(self.departures) >= self.bound

    def choose(self, options: int, place: int, where: Hashable, *, free: bool = False) -> int:
        """Return which of so many options this run takes.

        place: its number in this run; where: what is there, to compare runs.
        Raises CannotExplore if the same choices led elsewhere before.
        """
        if not free and self.spent:
            self.cut |= options > 1
            options = 1
        if self._step == len(self._taken):
            self._taken.append((self._first(options, place), options, place, where))
        chosen: int
        chosen, *before = self._taken[self._step]
        if before != [options, place, where]:
            raise CannotExplore(f"{UNSTEADY} (once at {before[2]}, then at {where})")
        if chosen and not free:
            self.departures.append(place)
        self._step += 1
        return chosen

    def meet(self, run: Any, me: Any, options: Sequence[Any], where: Hashable) -> None:
        """Take note of what may go on at this place, even if it is only one; nobody need."""

    def restart(self) -> None:
        """Turn back to the begin of the same run."""
        self._step = 0
        self.departures = []

    def forget(self) -> None:
        """Turn back to the begin of the first run."""
        self._taken.clear()
        self.restart()

    def advance(self) -> bool:
        """Turn to the next run; False when every order was seen."""
        if self._step < len(self._taken):
            raise CannotExplore(f"{UNSTEADY} (once at {self._taken[-1][3]}, then at the end)")
        self.restart()
        while self._taken:
            chosen, options, *at = self._taken.pop()
            if chosen + 1 < options:
                self._taken.append((chosen + 1, options, *at))
                return True
        return False

    def _first(self, options: int, place: int) -> int:
        return 0


class Samples(Orders):
    """So many random orders, the same ones for the same seed."""

    def __init__(self, runs: int, seed: int = 1) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self._left = runs

    def advance(self) -> bool:
        """Turn to the next run; False when there were enough."""
        self._taken.clear()
        self.restart()
        self._left -= 1
        return self._left > 0

    def _first(self, options: int, place: int) -> int:
        return self._random.randrange(options)


class Replay(Orders):
    """One run: the options that an earlier one took."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self._replayed = dict(schedule)

    def advance(self) -> bool:
        """There is no next run."""
        return False

    def _first(self, options: int, place: int) -> int:
        return min(self._replayed.get(place, 0), options - 1)


@dataclass(frozen=True)
class Failure:
    """What broke in one order.

    kind: deadlock, error or invariant; text: who waits for what, or which error;
    schedule: the choices that lead there, for a replay.
    """

    kind: str
    text: str
    schedule: Schedule

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}\nschedule: {written(self.schedule)}"


@dataclass(frozen=True)
class Exploration:
    """What came out of all orders that were tried.

    orders: how many; kind: exhaustive, bounded or random; bound: departures from the
    usual order allowed to a run (None: any number); grain: where a switch was
    possible; failure: of the first order that broke, None if all held; failed: how
    many orders broke, as far as they were counted.
    """

    orders: int
    kind: str
    bound: int | None
    grain: str
    failure: Failure | None = None
    failed: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing broke."""
        return self.failure is None

    def how(self) -> str:
        """Return in words how it was explored, for the ledger."""
        bound = f", at most {self.bound} preemptions" if self.kind == "bounded" else ""
        return f"{self.kind}: {self.orders} orders{bound}, a switch at {self.grain}"


def written(schedule: Schedule) -> str:
    """Return a schedule as text: "17:1,23:2", "-" if it is the usual order."""
    return ",".join(f"{place}:{option}" for place, option in schedule) or "-"


def read(text: str) -> Schedule:
    """Return the schedule that `written` wrote; ValueError if it is none."""
    pairs = [] if text == "-" else [pair.split(":") for pair in text.split(",")]
    try:
        return tuple((int(place), int(option)) for place, option in pairs)
    except ValueError:
        why = "is no schedule: one reads like 17:1,23:2, as make explore tells it, or -"
        raise ValueError(f"{text!r} {why}") from None


def kind_of(orders: Orders) -> str:
    """Return what an exploration that is over was: exhaustive, bounded or random."""
    if isinstance(orders, Samples):
        return "random"
    return "bounded" if orders.cut else "exhaustive"


Seen = list[tuple[Schedule, "Failure | None", Sequence[str]]]
"""Of each order its choices, what broke, and the lines that it printed."""


EXPLORED: list[Exploration] = []
"""The explorations that came to their end since somebody cleared this list, the latest last."""


def finished(exploration: Exploration) -> Exploration:
    """Take note of an exploration that came to its end, and return it."""
    EXPLORED.append(exploration)
    return exploration


def summary(explorations: list[Exploration]) -> str:
    """Return how the explorations that held were made, the weakest kind of them.

    "exhaustive, each wait" or "bounded 2, each bytecode": kind, bound and grain; "" for none.
    """
    held = [exploration for exploration in explorations if exploration.holds]
    if not held:
        return ""
    weakest = max(held, key=lambda one: ("exhaustive", "bounded", "random").index(one.kind))
    bound = f" {weakest.bound}" if weakest.kind == "bounded" else ""
    return f"{weakest.kind}{bound}, {weakest.grain}"
