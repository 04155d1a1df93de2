"""Hooks in asyncio by which a journal learns what happens."""

from __future__ import annotations

import asyncio
import functools
from asyncio import events
from asyncio.base_events import BaseEventLoop
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from proven.stage.clock import loop as loop_module
from proven.stage.clock import real
from proven.stage.trace import Actor
from proven.stage.watch.actors import TASKS, name_of
from proven.stage.watch.journal import Journal


@contextmanager
def watching(journal: Journal) -> Iterator[None]:
    """Take note of each step of each task, and of who queues for a lock or semaphore."""
    patches: list[tuple[Any, str, Any]] = [
        (BaseEventLoop, "create_task", _create),
        (BaseEventLoop, "run_in_executor", _run_in_executor),
        (Journal, "running", journal),
        *((events, name, _watched_kind(name)) for name in _ORIGINALS),
    ]
    for kind in (asyncio.Lock, asyncio.Semaphore):
        acquire, release = _watched(kind.acquire, kind.release)
        patches += [(kind, "acquire", acquire), (kind, "release", release)]
    with real.patched(patches):
        yield


def _watched(acquire: Any, release: Any) -> tuple[Any, Any]:
    @functools.wraps(acquire)
    async def acquire_watched(lock: Any) -> Any:
        journal, name = _journal(), type(lock).__name__
        place = journal.who()
        journal.note(place, "queues", name)
        taken = await acquire(lock)
        journal.note(place, "takes", name)
        return taken

    @functools.wraps(release)
    def release_watched(lock: Any) -> None:
        # First: releasing may fail, but then nothing is held either.
        journal = _journal()
        journal.note(journal.who(), "gives", type(lock).__name__)
        release(lock)

    return acquire_watched, release_watched


def _journal() -> Journal:
    """Return that of the play that runs now: this file's stand-ins are there only meanwhile."""
    assert Journal.running
    return Journal.running


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
        if isinstance(task, TASKS) and not hasattr(
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
            super()._run()  # type: ignore[misc]  # a mixin: the handle it is mixed into has it
            return
        task = handle._task
        if task is None:
            with journal.causing(handle._cause, handle._due):
                super()._run()  # type: ignore[misc]  # a mixin: the handle it is mixed into has it
            return
        place = handle._place
        why = "cancel" if _is_cancelled(task, handle._args) else ""
        journal.note(place, "runs", why, by=handle._cause, sent=handle._sent)
        with journal.causing(place):
            super()._run()  # type: ignore[misc]  # a mixin: the handle it is mixed into has it
        # As in asyncio's own: what has run must not keep the task, nor may this frame, which
        # the traceback of the task's error leads to in 3.12.
        handle._task = None
        journal.left(task, place)
        del self, handle, task


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
    place = journal.enter(Actor("", "thread", name_of(inner)), journal.cause())

    @functools.wraps(inner, assigned=(), updated=())
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
