"""An event loop that runs what is ready in the order that a schedule says.

What is a choice, and what isn't:

* Steps of different tasks, a step being the code from one wait to the next, may
  follow each other in any order: nothing is promised about it, and it depends on
  how long the waits of real programs last.
* Callbacks given to call_soon and its like are "called in the order in which they
  are registered" (Event loop, call_soon), the callbacks of one future among them.
  So of those only the first is an option; a task that waits for a future comes
  after the callbacks that were added to it before.
* Timers fire in the order of their time, of the same time in any.  One that is due
  may fire before or after any step that is ready.  While something is ready, one
  that isn't due by more than `late` seconds may be: steps take time.
* What is ready to be read or written, and the work of executors, comes in any order;
  such work is one step from its begin to its end, or to a time.sleep.
* Callbacks of asyncio itself that pass a result on (of gather, TaskGroup, wait, sleep)
  are no choice: they run as soon as they can, since the task that they wake may wait
  as long as it likes.  Only a cancellation can tell when they ran: as soon as a
  program cancels anything, they are choices like others.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable
from typing import Any

from proven.stage.explore.schedule import STEPS, CannotExplore, Orders
from proven.stage.explore.tasks.handles import being_made, name_of, of_ready, passes_on, waits
from proven.stage.explore.tasks.worker import PATIENCE, Worker

SPINS = 300
"""Steps in a row, while others are ready, after which a task counts as spinning."""


_SPINS = (
    f"took {SPINS} steps in a row while others were ready: if it spins until one of them does "
    "something, let it wait for that by an Event or a Future"
)


class Deadlock(AssertionError):
    """Every task waits for another one, and no timer is left; the text tells who for what."""


class ExploringTask(asyncio.Task[Any]):
    """A task that tells its loop when it is cancelled."""

    number = 0

    def __new__(cls, *args: Any, **options: Any) -> Any:
        self = super().__new__(cls)
        self.number = options["loop"].numbered()
        return self

    def __hash__(self) -> int:
        # asyncio keeps tasks in sets: the order of those must be the same in each run.
        return self.number

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it, and let the loop know that somebody cancels."""
        loop = self.get_loop()
        assert isinstance(loop, ExploringLoop)
        loop.cancelled = True
        return super().cancel(msg)


class ExploringLoop(asyncio.SelectorEventLoop):
    """See the module; orders: who decides, callbacks: whether asyncio's own are choices, too."""

    def __init__(self, orders: Orders, late: float, callbacks: bool) -> None:
        self._now = self._idle_at = 0.0
        super().__init__()
        self.orders, self._late, self._callbacks = orders, late, callbacks
        # A list where asyncio has a deque.
        self._ready: list[asyncio.Handle] = []  # type: ignore[assignment]
        self._steps = self._numbers = self._again = 0
        self._last = ""
        self._workers: list[Worker] = []
        self._all_done: asyncio.Future[None] | None = None
        self.cancelled = False
        self.stuck = False
        self.before: Callable[[asyncio.Handle | Worker], None] | None = None
        """Told what runs next, if somebody wants to know."""

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass while a step blocks."""
        self._now += seconds

    def create_task(self, coro: Any, *, name: str | None = None, **options: Any) -> Any:
        """Name tasks from Task-1 on: no run may depend on an earlier one."""
        if self.get_task_factory() is not None:
            with being_made(self, name or f"Task-{self.numbered()}") as name:
                return super().create_task(coro, name=name, **options)
        name = name or f"Task-{self._numbers + 1}"
        options = {key: value for key, value in options.items() if value is not None}
        return ExploringTask(coro, loop=self, name=name, **options)

    def numbered(self) -> int:
        """Return the number of a new task."""
        self._numbers += 1
        return self._numbers

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Make the call a step of its own, in a thread of its own."""
        name = f"asyncio_{len(self._workers)}"
        self._workers.append(Worker(self, lambda: func(*args), name))
        return asyncio.wrap_future(self._workers[-1].future, loop=self)

    async def shutdown_default_executor(self, *_: Any) -> None:
        """Wait for the calls that are still in threads."""
        if not self.stuck and any(worker.call for worker in self._workers):
            self._all_done = self.create_future()
            await self._all_done

    def worker(self) -> Worker | None:
        """Return the worker whose thread calls."""
        me = threading.current_thread()
        return next((worker for worker in self._workers if worker.thread is me), None)

    def finish(self, worker: Worker) -> None:
        """Take note that a worker is done; called in its thread."""
        worker.call = None  # type: ignore[assignment]  # nothing to call any more
        if self._all_done and not any(other.call for other in self._workers):
            self._ready.append(asyncio.Handle(self._all_done.set_result, (None,), self, None))

    def _run_once(self) -> None:
        self._steps += 1
        if self._steps > STEPS and not self.stuck:
            raise CannotExplore(
                f"more than {STEPS} steps in one run: if tasks spin until something happens, "
                "let them wait for that by an Event or a Future"
            )
        self._poll()
        option = self._pick()
        if self.before:
            self.before(option)
        if isinstance(option, Worker):
            option.step()
        else:
            option._run()

    def _poll(self) -> None:
        """Take what the network has brought, and drop what was cancelled."""
        if len(self._selector.get_map()) > 1:
            self._process_events(self._selector.select(0))
        self._ready = [handle for handle in self._ready if not handle._cancelled]
        if any(timer._cancelled for timer in self._scheduled):
            self._scheduled = [timer for timer in self._scheduled if not timer._cancelled]
            heapq.heapify(self._scheduled)

    def _pick(self) -> asyncio.Handle | Worker:
        eager, options = self._options()
        if not eager and not options:
            self._wait()
            eager, options = self._options()
        # Those that wait for ever are only taken down, in no order of interest.
        chosen = eager or (options[0] if self.stuck else self._choose(options))
        if isinstance(chosen, asyncio.TimerHandle):
            self._scheduled.remove(chosen)
            heapq.heapify(self._scheduled)
            chosen._scheduled = False
            self._now = max(self._now, chosen.when())
        elif isinstance(chosen, asyncio.Handle):
            self._ready.remove(chosen)
        return chosen

    def _choose(self, options: list[asyncio.Handle | Worker]) -> asyncio.Handle | Worker:
        self.orders.meet(self, None, options, self._steps)
        if len(options) < 2:
            return options[0]
        names = tuple(map(name_of, options))
        place = self.orders.choose(len(options), self._steps, names)
        self._again = self._again + 1 if names[place] == self._last else 0
        self._last = names[place]
        if self._again > SPINS:
            raise CannotExplore(f"{self._last} {_SPINS}")
        return options[place]

    def _options(self) -> tuple[asyncio.Handle | None, list[asyncio.Handle | Worker]]:
        """Return what runs at once because it is no choice, and otherwise the options."""
        eager, ready = of_ready(self._ready, eagerly=not self._callbacks)
        if eager:
            return eager, []
        options: list[asyncio.Handle | Worker] = list(ready)
        for timer in self._due(bool(options)):
            if not self._callbacks and timer.when() <= self._now and passes_on(timer):
                return timer, []
            options.append(timer)
        options += [worker for worker in self._workers if worker.ready]
        return None, options

    def _due(self, busy: bool) -> list[asyncio.TimerHandle]:
        """Return the timers that may be the next to fire."""
        if not self._scheduled:
            return []
        first = min(timer.when() for timer in self._scheduled)
        latest = max(self._now, self._idle_at + self._late) if busy else self._now
        if first > latest:
            return []
        return [timer for timer in self._scheduled if timer.when() == first]

    def _wait(self) -> None:
        """Let time pass until something is ready; Deadlock if nothing ever will be."""
        if self._scheduled:
            self._now = max(self._now, min(timer.when() for timer in self._scheduled))
            self._idle_at = self._now
            return
        if len(self._selector.get_map()) > 1:
            self._process_events(self._selector.select(PATIENCE))
        if not self._ready:
            self.orders.meet(self, None, (), self._steps)
            self.stuck = True
            raise Deadlock("; ".join(waits(self)))
