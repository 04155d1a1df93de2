"""Watches an asyncio play by the loop's own hooks.

Its journal tells who was created, ran, waited, held a lock and ended, and who woke whom.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock
from weakref import WeakKeyDictionary, ref

from proven.stage.clock import Clock, VirtualLoop
from proven.stage.trace import Actor, Moment

MAIN = 0
"""The place of the main thread among the actors."""


class Journal:
    """Collects actors and moments while a play runs on `clock`.

    It holds no task: a snippet may show how the collector takes one away.
    """

    def __init__(self, clock: Clock) -> None:
        self.actors = [Actor(threading.main_thread().name, "main")]
        self.moments: list[Moment] = []
        self.clock = clock
        clock.make_loop = lambda start: WatchedLoop(start, self)
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._unfinished: dict[int, ref[asyncio.Task[Any]]] = {}
        self._threads: dict[int, int] = {}

    def note(
        self, actor: int, what: str, text: str = "", *, by: int | None = None, sent: float = -1
    ) -> None:
        """Add a moment that happens now; it could have happened at `sent`, if that is given."""
        now = round(self.clock.time(), 6)
        self.moments.append(
            Moment(now, actor, what, text, by, now if sent < 0 else min(now, round(sent, 6)))
        )

    def who(self) -> int:
        """Return the place of the actor whose code runs now."""
        thread = threading.get_ident()
        if thread in self._threads:
            return self._threads[thread]
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        return self.place_of(task) if task else MAIN

    def place_of(self, task: asyncio.Task[Any], by: int | None = None) -> int:
        """Return the place of `task`; one that is seen for the first time has just been created."""
        if task not in self._tasks:
            place = self._tasks[task] = self.enter(_actor(task), by)
            self._unfinished[place] = ref(task, lambda _: self._collected(place))
        return self._tasks[task]

    def enter(self, actor: Actor, by: int | None) -> int:
        """Add an actor that `by` has just created and return its place."""
        self.actors.append(actor)
        place = len(self.actors) - 1
        self.note(place, "created", by=by)
        return place

    def left(self, task: asyncio.Task[Any], place: int) -> None:
        """Take note that a step of `task` is over."""
        if task.get_name() != self.actors[place].name:
            known = self.actors[place]
            self.actors[place] = replace(known, name=task.get_name())
        if not task.done():
            self.note(place, "waits")
            return
        self._unfinished.pop(place, None)
        if task.cancelled():
            self.note(place, "ends", "cancel")
        else:
            # Asking by exception() would count as retrieving it.
            error = task._exception  # type: ignore[attr-defined]
            self.note(place, "ends", type(error).__name__ if error else "")

    def _collected(self, place: int) -> None:
        if self._unfinished.pop(place, None):
            self.note(place, "ends", "collected")

    @contextmanager
    def thread(self, place: int) -> Iterator[None]:
        """Take note of what the calling worker thread does."""
        self.actors[place] = replace(self.actors[place], name=threading.current_thread().name)
        # Kept when it is over: the result is handed over after that.
        self._threads[threading.get_ident()] = place
        self.note(place, "runs")
        try:
            yield
        except BaseException as error:
            self.note(place, "ends", type(error).__name__)
            raise
        self.note(place, "ends")

    def known(self) -> tuple[tuple[Actor, ...], tuple[Moment, ...]]:
        """Return actors and moments; of the tasks that end the loop only what they printed."""
        own = {place for place, actor in enumerate(self.actors) if actor.kind == "loop"}
        shown = (
            moment._replace(actor=MAIN) if moment.actor in own else moment
            for moment in self.moments
            if moment.actor not in own or moment.what == "prints"
        )
        return tuple(self.actors), tuple(shown)

    @contextmanager
    def watching_locks(self) -> Iterator[None]:
        """Take note of who queues for a lock or semaphore, takes it and gives it back."""
        with ExitStack() as patches:
            for kind in (asyncio.Lock, asyncio.Semaphore):
                acquire, release = self._watched(kind.acquire, kind.release)
                patches.enter_context(mock.patch.object(kind, "acquire", acquire))
                patches.enter_context(mock.patch.object(kind, "release", release))
            yield

    def _watched(self, acquire: Any, release: Any) -> tuple[Any, Any]:
        @functools.wraps(acquire)
        async def acquire_watched(lock: Any) -> Any:
            place, name = self.who(), type(lock).__name__
            self.note(place, "queues", name)
            taken = await acquire(lock)
            self.note(place, "takes", name)
            return taken

        @functools.wraps(release)
        def release_watched(lock: Any) -> None:
            # First: releasing may fail, but then nothing is held either.
            self.note(self.who(), "gives", type(lock).__name__)
            release(lock)

        return acquire_watched, release_watched


class WatchedLoop(VirtualLoop):
    """A virtual loop that tells the journal of each step of each task, and what caused it."""

    def __init__(self, start: float, journal: Journal) -> None:
        self.journal = journal
        self.cause: int | None = None
        self.due = -1.0
        super().__init__(start)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        """Wrap the steps of tasks, and other callbacks of a known cause to pass it on."""
        task = getattr(callback, "__self__", None)
        if isinstance(task, asyncio.Task) and not hasattr(task, getattr(callback, "__name__", "_")):
            callback = _Step(self, callback, task)
        elif self.cause is not None:
            callback = self._passing_on(callback, cause=self.cause)
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Remember the worker thread that calls."""
        place = self.journal.who()
        if place != MAIN:
            callback = self._passing_on(callback, cause=place)
        return super().call_soon_threadsafe(callback, *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Remember when the timer was due: a blocked loop is late."""
        callback = self._passing_on(callback, due=when)
        return super().call_at(when, callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Give the worker thread a lane of its own."""
        # to_thread hands over partial(context.run, function, …).
        inner = func.args[0] if isinstance(func, functools.partial) and func.args else func
        place = self.journal.enter(Actor("", "thread", _name(inner)), self.cause)

        def watched(*args: Any) -> Any:
            with self.journal.thread(place):
                return func(*args)

        return super().run_in_executor(executor, watched, *args)

    def _passing_on(
        self, callback: Any, *, cause: int | None = None, due: float = -1.0
    ) -> Callable[..., None]:
        """Return `callback` as one that lets those it calls know the cause."""

        # A debugging loop looks through it: wraps leads to the callback.
        @functools.wraps(callback)
        def passed_on(*args: Any) -> None:
            self.cause, self.due = cause, due
            try:
                callback(*args)
            finally:
                self.cause, self.due = None, -1.0

        return passed_on


class _Step:
    """One step of a task: what the loop calls in the place of the task's own callback."""

    __slots__ = ("__self__", "_by", "_callback", "_loop", "_place", "_sent")

    def __init__(self, loop: WatchedLoop, callback: Any, task: asyncio.Task[Any]) -> None:
        # A debugging loop names the task that __self__ leads to.
        self.__self__ = task
        self._loop, self._callback = loop, callback
        self._by, self._sent = loop.cause, loop.due if loop.due >= 0 else loop.time()
        self._place = loop.journal.place_of(task, loop.cause)

    def __call__(self, *args: Any) -> None:
        task, loop, place = self.__self__, self._loop, self._place
        why = "cancel" if _is_cancelled(task, args) else ""
        loop.journal.note(place, "runs", why, by=self._by, sent=self._sent)
        loop.cause = place
        try:
            self._callback(*args)
        finally:
            loop.cause = None
            loop.journal.left(task, place)
            # An error may keep this frame: as in asyncio's own Handle, it must not keep the task.
            del self, task


def _is_cancelled(task: Any, awaited: Iterable[Any]) -> bool:
    """Tell whether a cancellation of `task` itself lets it run."""
    return task._must_cancel or (
        task.cancelling() > 0
        and any(
            future.cancelled() or isinstance(future._exception, asyncio.CancelledError)
            for future in awaited
        )
    )


def _actor(task: asyncio.Task[Any]) -> Actor:
    coroutine: Any = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    if coroutine.cr_running if frame else hasattr(coroutine, "cr_frame"):
        # Seen first while it runs or when it is over: the collector wakes what it takes away.
        return Actor(task.get_name(), "loop")
    if frame is None:
        # At its end the loop closes async generators, each in a task of its own.
        return Actor(task.get_name(), "task", "aclose")
    code = frame.f_code
    known = frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    # What the loop runs by itself at its end is nobody's lane.
    kind = "loop" if isinstance(known.get("self"), asyncio.AbstractEventLoop) else "task"
    shown = (repr(known[name]) for name in names if isinstance(known[name], str | int | float))
    return Actor(task.get_name(), kind, _name(coroutine), tuple(shown))


def _name(code: Any) -> str:
    return getattr(code, "__name__", "") or type(code).__name__
