"""Explores the orders of threads: finds the one that breaks, or shows that none does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from types import FrameType
from typing import Any

from proven.stage.explore.schedule import (
    MOST,
    UNSTEADY,
    CannotExplore,
    Exploration,
    Failure,
    Orders,
    Replay,
    Samples,
    Schedule,
    Seen,
    finished,
    kind_of,
)
from proven.stage.explore.threads.actor import Recorder
from proven.stage.explore.threads.bytecode import (
    Names,
    Place,
    Watch,
    all_codes,
    codes_of,
    uses_any_name,
)
from proven.stage.explore.threads.run import Run
from proven.stage.explore.threads.standins import code_of, load

GRAIN = "each bytecode"


class Threads:
    """A program of threads: what they share, what each does, and what must hold in the end.

    setup: makes what is shared, anew for each run, its locks by what `load` returns or
    by `threading` of this package; workers: each gets it, in a thread of its own;
    invariant: tells of it whether all is well, None: as long as nobody raises;
    names: of the threads.  Watched is the code of these snippets, of the workers, and of
    the functions and classes that setup returns, alone or in a list or tuple.  A lambda
    isn't: it only passes on what it got; nor is a stand-in.
    """

    def __init__(
        self,
        setup: Callable[[], Any],
        workers: Sequence[Callable[[Any], object]],
        invariant: Callable[[Any], object] | None = None,
        *,
        snippets: Iterable[str] = (),
        names: Sequence[str] = (),
    ) -> None:
        self.setup, self.workers, self.invariant = setup, workers, invariant
        self.actors = names or [chr(ord("A") + place) for place in range(len(workers))]
        with Run(Orders(), Names(), None).prepared():
            parts = chain.from_iterable(codes_of(part) for part in _parts((*workers, setup())))
        watched = {*parts, *chain(*(all_codes(code_of(snippet)) for snippet in snippets))}
        self._any_name = uses_any_name(watched)
        self._watch = Watch(watched, _stop)

    def explore(
        self,
        *,
        preemptions: int | None = 2,
        most: int = MOST,
        first: bool = False,
        seen: Seen | None = None,
    ) -> Exploration:
        """Try every order with so many preemptions at most (None: with any number).

        A switch is a preemption where the thread could have gone on.  first: stop
        at the first order that breaks; seen: gets what came of each order.  Raises
        CannotExplore if the program isn't deterministic, spins, or has more than `most` orders.
        """
        return self._explore(lambda: Orders(preemptions), most, first, seen)

    def sample(self, runs: int, *, seed: int = 1, first: bool = False) -> Exploration:
        """Try so many random orders; otherwise as `explore`."""
        return self._explore(lambda: Samples(runs, seed), runs + 1, first)

    def find(self, *, preemptions: int = 3) -> Failure:
        """Return the failure that needs the fewest preemptions.

        Raises CannotExplore if nothing breaks up to that many.
        """
        for bound in range(preemptions + 1):
            if failure := self.explore(preemptions=bound, first=True).failure:
                return failure
        raise CannotExplore(
            f"nothing breaks with at most {preemptions} preemptions: the program is sound, "
            "its invariant too weak, or the bound too small"
        )

    def replay(self, schedule: Schedule, recorder: Recorder | None = None) -> Run:
        """Play the order of this schedule again and return the run: what it printed, what broke."""
        with self.watched():
            return self.play(Replay(schedule), Names(any=True), recorder)

    def watched(self) -> AbstractContextManager[None]:
        """Return the context within which runs stand before each place."""
        return self._watch.on()

    def names(self) -> Names:
        """Return the names that a first run knows to be written."""
        return Names(any=self._any_name)

    def _explore(
        self, make: Callable[[], Orders], most: int, first: bool, seen: Seen | None = None
    ) -> Exploration:
        names = self.names()
        with self.watched():
            while True:
                names.grown = False
                if seen:
                    seen.clear()
                runs = self._all_runs(make(), names, most, first, seen)
                # With more names written there are more places: what was explored lacks them.
                if not names.grown:
                    return finished(runs)

    def _all_runs(
        self, orders: Orders, names: Names, most: int, first: bool, seen: Seen | None
    ) -> Exploration:
        failure = None
        failed = runs = 0
        while runs < most:
            run = self.play(orders, names)
            broken = run.failure
            if names.grown:
                break
            if not runs or (broken and not failure):
                met = orders.length
                orders.restart()
                again = self.play(orders, names)
                if (again.failure, again.printed, orders.length) != (broken, run.printed, met):
                    raise CannotExplore(UNSTEADY)
            runs += 1
            if seen is not None:
                seen.append((orders.schedule, broken, run.printed))
            failure = failure or broken
            failed += broken is not None
            if (first and failure) or not orders.advance():
                break
        else:
            raise CannotExplore(
                f"more than {most} orders: make the example smaller, lower the bound on "
                "preemptions, or name random orders (sample)"
            )
        return Exploration(runs, kind_of(orders), orders.bound, GRAIN, failure, failed)

    def play(self, orders: Orders, names: Names, recorder: Recorder | None = None) -> Run:
        """Play one run, within `watched`."""
        run = Run(orders, names, self._watch, recorder)
        with run.prepared():
            shared = run.shared = self.setup()
        for name, worker in zip(self.actors, self.workers, strict=True):
            run.add(name, partial(worker, shared))
        run.play()
        if not run.failure and not run.left and self.invariant is not None:
            text = "the invariant is broken"
            try:
                holds = self.invariant(shared)
            except AssertionError as error:
                holds, text = False, str(error) or text
            if not holds:
                run.failure = Failure("invariant", text, orders.schedule)
        return run


def _parts(thing: Any) -> Iterator[Any]:
    """Yield the functions and classes of which `thing` consists."""
    if isinstance(thing, list | tuple | dict):
        for part in thing.values() if isinstance(thing, dict) else thing:
            yield from _parts(part)
    elif callable(thing):
        if getattr(thing, "__name__", "") != "<lambda>" and not _is_own(thing):
            yield thing
    elif type(thing).__module__ != "builtins":
        yield from (kind for kind in type(thing).__mro__[:-1] if not _is_own(kind))


def _is_own(thing: Any) -> bool:
    """Tell whether it is a stand-in: what it does within is one operation."""
    return str(getattr(thing, "__module__", "")).startswith("proven.stage.explore.")


def _stop(frame: FrameType, offset: int, place: Place) -> None:
    if Run.current:
        Run.current.stop(frame, offset, place)


def program(snippet: str, **options: Any) -> Threads:
    """Return the whole of a snippet's `main` as a program to explore."""
    return Threads(
        lambda: load(snippet), [lambda s: s.main()], snippets=[snippet], names=["main"], **options
    )
