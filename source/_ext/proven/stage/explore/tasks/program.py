"""Explores the orders of an asyncio program's steps; `loop` says which orders there are."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, redirect_stdout
from io import TextIOBase
from typing import Any
from unittest import mock

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
    written,
)
from proven.stage.explore.tasks.handles import making
from proven.stage.explore.tasks.loop import Deadlock, ExploringLoop
from proven.stage.trace import Event, Trace

GRAIN = "each wait"
LATE = 0.001
"""Seconds by which a loop may be late: timers due by then may fire while steps are ready."""

Main = Callable[[], Coroutine[Any, Any, object]]


class _Lines(TextIOBase):
    """A text stream that keeps each line with its second and who printed it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.loop: ExploringLoop | None = None
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            now = self.loop.time() if self.loop else 0.0
            self.events.append(Event(round(now, 6), making(self.loop) or _actor(), line))
        return len(text)


def _actor() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task else threading.current_thread().name


class Tasks:
    """An asyncio program to explore.

    main: the coroutine function to run; late: seconds by which the loop may be late.
    What main raises breaks an order, as does a deadlock.
    """

    def __init__(self, main: Main, *, late: float = LATE) -> None:
        self.main, self.late = main, late
        self._callbacks = False

    def traces(self, make: Callable[[], Orders], most: int = MOST) -> Iterator[tuple[Orders, Any]]:
        """Yield for each order its choices and its trace, or what it raised."""
        self._callbacks = False
        orders, runs = make(), 0
        while runs < most:
            outcome = self.run(orders)
            if not runs:
                met = orders.length
                orders.restart()
                if _plain(self.run(orders)) != _plain(outcome) or orders.length != met:
                    raise CannotExplore(UNSTEADY)
            runs += 1
            yield orders, outcome
            if not orders.advance():
                return
        raise CannotExplore(
            f"more than {most} interleavings: make the example smaller, or name random "
            "(sample=) or bounded (bound=) orders"
        )

    def run(self, orders: Orders, watch: Any = None) -> Trace | BaseException:
        """Play one order; return its trace, or what it raised."""
        callbacks = self._callbacks
        loop, outcome = self._play(orders, watch)
        if loop.cancelled and not callbacks:
            # Who cancels can tell when asyncio's callbacks ran: begin anew with them as choices.
            self._callbacks = True
            orders.forget()
            loop, outcome = self._play(orders, watch)
        return outcome

    def step(self, orders: Orders, watch: Any = None) -> Trace | BaseException:
        """Play one order in which asyncio's own callbacks are no choice, whatever is cancelled."""
        return self._play(orders, watch)[1]

    def _play(self, orders: Orders, watch: Any) -> tuple[ExploringLoop, Trace | BaseException]:
        out = _Lines()
        loop = out.loop = ExploringLoop(orders, self.late, self._callbacks)
        complaints: list[str] = []
        loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
        raised: BaseException | None = None
        trouble: CannotExplore | None = None
        with warnings.catch_warnings(record=True), redirect_stdout(out), _clock_of(loop):
            warnings.simplefilter("always")
            try:
                with asyncio.Runner(loop_factory=lambda: loop) as runner:
                    if watch:
                        watch(loop)
                    try:
                        runner.run(self.main())
                    except CannotExplore as error:
                        # What closes the loop may fail, too: this is why.
                        trouble = error
                        loop.stuck = True
            except (Exception, SystemExit, asyncio.CancelledError) as error:
                raised = error
        if trouble:
            raise trouble
        if raised is not None:
            return loop, raised
        return loop, Trace(
            tuple(out.events), round(loop.time(), 6), True, "".join(f"{c}\n" for c in complaints)
        )

    def explore(
        self,
        *,
        bound: int | None = None,
        most: int = MOST,
        first: bool = False,
        seen: Seen | None = None,
    ) -> Exploration:
        """Try every order; with bound only those that leave first come, first served so often.

        first: stop at the first order that breaks; seen: gets what came of each order.
        """
        return self._explore(lambda: Orders(bound), most, first, seen)

    def sample(self, runs: int, *, seed: int = 1, first: bool = False) -> Exploration:
        """Try so many random orders; otherwise as `explore`."""
        return self._explore(lambda: Samples(runs, seed), runs + 1, first)

    def find(self, *, bound: int = 6) -> Failure:
        """Return the failure that leaves first come, first served as rarely as possible."""
        for most in range(bound + 1):
            if failure := self.explore(bound=most, first=True).failure:
                return failure
        raise CannotExplore(f"nothing breaks within a bound of {bound}: sound, or bound too small")

    def replay(self, schedule: Schedule, watch: Any = None) -> Trace | BaseException:
        """Play the order of this schedule again; return its trace, or what it raised."""
        self._callbacks = True
        return self.run(Replay(schedule), watch)

    @staticmethod
    def failure(outcome: Trace | BaseException, schedule: Schedule) -> Failure | None:
        """Return what broke in an order, None if it came to its end."""
        if isinstance(outcome, Trace):
            return None
        kind = "invariant" if isinstance(outcome, AssertionError) else "error"
        kind = "deadlock" if isinstance(outcome, Deadlock) else kind
        name = "" if isinstance(outcome, AssertionError) else f"{type(outcome).__name__}: "
        return Failure(kind, f"{name}{outcome}".removesuffix(": "), schedule)

    def _explore(
        self, make: Callable[[], Orders], most: int, first: bool, seen: Seen | None = None
    ) -> Exploration:
        failure, failed, runs = None, 0, 0
        orders = make()
        for orders, outcome in self.traces(make, most):
            runs += 1
            if seen is not None:
                lines = outcome.lines if isinstance(outcome, Trace) else []
                seen.append((orders.schedule, self.failure(outcome, orders.schedule), lines))
            if isinstance(outcome, BaseException):
                failed += 1
                failure = failure or self.failure(outcome, orders.schedule)
                if first:
                    break
        return finished(Exploration(runs, kind_of(orders), orders.bound, GRAIN, failure, failed))


def interleavings(
    main: Main,
    *,
    most: int = MOST,
    late: float = LATE,
    bound: int | None = None,
    sample: int | None = None,
    seed: int = 1,
) -> Iterator[Trace]:
    """Yield the trace of `main` for each order of its steps, depth first.

    main must be deterministic but for that order.  bound: only the orders that leave
    first come, first served so often at most; sample: so many random ones instead.
    What main raises comes out with its schedule as a note; Deadlock if all wait.
    CannotExplore, an AssertionError, if there are more than `most` orders.
    """

    def make() -> Orders:
        return Orders(bound) if sample is None else Samples(sample, seed)

    runs = 0
    orders = make()
    for orders, outcome in Tasks(main, late=late).traces(make, most):
        runs += 1
        if isinstance(outcome, BaseException):
            outcome.add_note(f"in the order of the schedule {written(orders.schedule)}")
            raise outcome
        yield outcome
    finished(Exploration(runs, kind_of(orders), orders.bound, GRAIN))


def _plain(outcome: Trace | BaseException) -> Any:
    return outcome if isinstance(outcome, Trace) else (type(outcome), str(outcome))


@contextmanager
def _clock_of(loop: ExploringLoop) -> Iterator[None]:
    """Let the program see the loop's clock in the place of the real one."""

    def sleep(seconds: float) -> None:
        worker = loop.worker()
        if worker:
            worker.sleep(seconds)
        else:
            loop.advance(seconds)

    with (
        mock.patch.object(time, "sleep", sleep),
        mock.patch.object(time, "monotonic", loop.time),
        mock.patch.object(time, "perf_counter", loop.time),
    ):
        yield
