"""Watches an asyncio play by the loop's own hooks.

Its journal tells who was created, ran, waited, held a lock and ended, and who woke whom.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from asyncio import events
from asyncio.base_events import BaseEventLoop
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, ClassVar
from unittest import mock
from weakref import WeakKeyDictionary, ref

from proven.stage.clock import Clock
from proven.stage.clock import loop as loop_module
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
        self._causes: dict[int, tuple[int | None, float]] = {}
        self._creating = 0
        self._eager: set[int] = set()
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._unfinished: dict[int, ref[asyncio.Task[Any]]] = {}
        self._threads: dict[int, int] = {}

    running: ClassVar[Journal | None] = None
    """That of the play that runs now."""

    def cause(self) -> int | None:
        """Return who causes what is asked for now: by the running handle, or a worker thread."""
        me = threading.get_ident()
        if me in self._threads and me not in self._causes:
            return self._threads[me]
        return self._causes.get(me, (None, -1.0))[0]

    def due(self) -> float:
        """Return when the timer that runs now was due; -1 if none does."""
        return self._causes.get(threading.get_ident(), (None, -1.0))[1]

    @contextmanager
    def causing(self, place: int | None, due: float = -1.0) -> Iterator[None]:
        """Let what the block asks for be caused by the actor at `place`."""
        me = threading.get_ident()
        before = self._causes.get(me)
        self._causes[me] = (place, due)
        try:
            yield
        finally:
            if before is None:
                del self._causes[me]
            else:
                self._causes[me] = before

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Take tasks that are seen first while they run for eager ones."""
        self._creating += 1
        try:
            yield
        finally:
            self._creating -= 1

    def created(self, task: asyncio.Task[Any]) -> None:
        """Take note of a task that a loop has just made; an eager one has run already."""
        if not isinstance(task, _TASKS):
            return
        if task.done() and task not in self._tasks:
            with self.creating():
                self.place_of(task, self.cause())
        place = self._tasks.get(task)
        if place is not None and place in self._eager:
            self._eager.discard(place)
            self.left(task, place)

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
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task:
            return self.place_of(task)
        return self._threads.get(threading.get_ident(), MAIN)

    def place_of(self, task: asyncio.Task[Any], by: int | None = None) -> int:
        """Return the place of `task`; one that is seen for the first time has just been created."""
        if task not in self._tasks:
            eager = self._creating > 0 and _has_begun(task)
            by = self.cause() if eager else by
            place = self._tasks[task] = self.enter(_actor(task, eager), by)
            self._unfinished[place] = ref(task, lambda _: self._collected(place))
            if eager:
                self._eager.add(place)
                self.note(place, "runs", by=by)
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
    def watching(self) -> Iterator[None]:
        """Take note of each step of each task, and of who queues for a lock or semaphore."""
        with ExitStack() as patches:
            for kind in (asyncio.Lock, asyncio.Semaphore):
                acquire, release = self._watched(kind.acquire, kind.release)
                patches.enter_context(mock.patch.object(kind, "acquire", acquire))
                patches.enter_context(mock.patch.object(kind, "release", release))
            for name in _ORIGINALS:
                patches.enter_context(mock.patch.object(events, name, _watched_kind(name)))
            for method, replacement in (
                ("create_task", _create),
                ("run_in_executor", _run_in_executor),
            ):
                patches.enter_context(mock.patch.object(BaseEventLoop, method, replacement))
            patches.enter_context(mock.patch.object(Journal, "running", self))
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


class _Watched:
    """What each handle of a watched play does besides: it tells the journal of steps of tasks.

    A handle is what a loop calls; it knows who made it, and so who caused what it calls.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        handle: Any = self
        loop_module.hide(handle)
        journal = Journal.running
        handle._journal = journal
        if journal is None:
            return
        timer = isinstance(self, _ORIGINALS["TimerHandle"])
        handle._cause = None if timer else journal.cause()
        handle._due = handle._when if timer else -1.0
        task = getattr(handle._callback, "__self__", None)
        handle._task = None
        if isinstance(task, _TASKS) and not hasattr(
            task, getattr(handle._callback, "__name__", "_")
        ):
            handle._task = task
            handle._place = journal.place_of(task, handle._cause)
            late = journal.due()
            handle._sent = late if late >= 0 else journal.clock.time()

    def _run(self) -> None:
        handle: Any = self
        journal = handle._journal
        if journal is None:
            super()._run()  # type: ignore[misc]
            return
        task = handle._task
        if task is None:
            with journal.causing(handle._cause, handle._due):
                super()._run()  # type: ignore[misc]
            return
        place = handle._place
        why = "cancel" if _is_cancelled(task, handle._args) else ""
        journal.note(place, "runs", why, by=handle._cause, sent=handle._sent)
        with journal.causing(place):
            super()._run()  # type: ignore[misc]
        # As in asyncio's own: what has run must not keep the task.
        handle._task = None
        journal.left(task, place)


_TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
_ORIGINALS = {
    name: getattr(events, name)
    for name in ("Handle", "TimerHandle", "_ThreadSafeHandle")
    if hasattr(events, name)
}
_create_task = BaseEventLoop.create_task


def _watched_kind(name: str) -> type:
    """Return the class of handles `name`, watched; for its repr it is the same."""
    slots = ("_cause", "_due", "_journal", "_place", "_sent", "_task")
    base = loop_module.Timer if name == "TimerHandle" else _ORIGINALS[name]
    return type(name, (_Watched, base), {"__slots__": slots})


def _create(loop: Any, coro: Any, **options: Any) -> Any:
    """Stand in for the loop's create_task: an eager task runs before anybody has seen it."""
    journal = Journal.running
    if journal is None:
        return _create_task(loop, coro, **options)
    with journal.creating():
        task = _create_task(loop, coro, **options)
    if hasattr(task, "_source_traceback"):
        loop_module.hide(task)
    journal.created(task)
    return task


def _run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
    """Stand in for the loop's run_in_executor: give the worker thread a lane of its own."""
    journal = Journal.running
    run = loop_module.run_in_executor
    if journal is None:
        return run(loop, executor, func, *args)
    # to_thread hands over partial(context.run, function, …).
    inner = func.args[0] if isinstance(func, functools.partial) and func.args else func
    place = journal.enter(Actor("", "thread", _name(inner)), journal.cause())

    def watched(*args: Any) -> Any:
        with journal.thread(place):
            return func(*args)

    return run(loop, executor, watched, *args)


def _is_cancelled(task: Any, awaited: Iterable[Any]) -> bool:
    """Tell whether a cancellation of `task` itself lets it run."""
    return task._must_cancel or (
        task.cancelling() > 0
        and any(
            future.cancelled() or isinstance(future._exception, asyncio.CancelledError)
            for future in awaited
        )
    )


def _has_begun(task: asyncio.Task[Any]) -> bool:
    coroutine: Any = task.get_coro()
    return task.done() or getattr(coroutine, "cr_running", False)


def _actor(task: asyncio.Task[Any], eager: bool) -> Actor:
    coroutine: Any = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    if eager and frame is None:
        # One that is over doesn't keep its coroutine.
        return Actor(task.get_name(), "task", _name(coroutine) if coroutine else "")
    if not eager and (coroutine.cr_running if frame else hasattr(coroutine, "cr_frame")):
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
