"""What a loop's handles are: steps of tasks, callbacks of asyncio or of the program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from proven.stage.explore.tasks.worker import Worker

_OF = {"get": "an item in ", "put": "room in ", "join": "task_done of "}
"""What a task waits for in a method of a queue."""


def task_of(handle: asyncio.Handle) -> asyncio.Task[Any] | None:
    """Return the task of which `handle` is a step, None if it is another callback."""
    callback = handle._callback
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task) and not hasattr(task, getattr(callback, "__name__", "_")):
        return task
    return None


def of_ready(
    ready: list[asyncio.Handle], *, eagerly: bool
) -> tuple[asyncio.Handle | None, list[asyncio.Handle]]:
    """Return of what is ready the one that is no choice, if any, and those that may be next.

    eagerly: whether callbacks of asyncio itself are no choice.
    """
    options: list[asyncio.Handle] = []
    futures: set[int] = set()
    plain = False
    for handle in ready:
        future = id(handle._args[0]) if handle._args else None
        free = True
        if task_of(handle) is None:
            if not plain and eagerly and passes_on(handle):
                return handle, []
            free, plain = not plain, True
        if free and future not in futures:
            options.append(handle)
        if future is not None and asyncio.isfuture(handle._args[0]):
            futures.add(future)
    return None, options


def passes_on(handle: asyncio.Handle) -> bool:
    """Tell whether it is a callback of asyncio itself that passes a result on."""
    callback = handle._callback
    callback = getattr(callback, "func", callback)
    name = getattr(callback, "__qualname__", "")
    return (getattr(callback, "__module__", None) or "").startswith("asyncio.") and not (
        name.startswith("Timeout.") or name == "_release_waiter"
    )


def name_of(option: asyncio.Handle | Worker) -> str:
    """Return a name of what could run next, the same in each run."""
    if isinstance(option, Worker):
        return option.thread.name
    task = task_of(option)
    if task is not None:
        return task.get_name()
    return getattr(option._callback, "__qualname__", type(option._callback).__name__)


def stands(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """Yield the frames in which a suspended task stands, the outermost first."""
    coroutine: Any = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def waits(loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Yield for each unfinished task what it waits for, and where."""
    for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
        what, place = _waits(task)
        yield f"{task.get_name()} waits for {what or 'a future'} ({place})"


def waited_for(task: asyncio.Task[Any]) -> str:
    """Return what a task waits for, as those say it who tell what a run did."""
    kind, _, method = _waits(task)[0].partition(".")
    return f"{_OF.get(method, '')}{kind}" if method else f"the end of {kind or 'a future'}"


def _waits(task: asyncio.Task[Any]) -> tuple[str, str]:
    """Return the function of asyncio in which a task stands, and where it was called."""
    place = what = ""
    for frame in stands(task):
        if frame.f_globals["__name__"].startswith("asyncio."):
            if frame.f_code.co_name != "__aenter__":
                what = what or frame.f_code.co_qualname
        else:
            what = ""
            place = f"{frame.f_code.co_name}, line {frame.f_lineno}"
    return what, place


@contextmanager
def being_made(loop: asyncio.AbstractEventLoop, name: str) -> Iterator[str]:
    """Let `making` tell the name of a task: until 3.13 an eager one has it only afterwards."""
    vars(loop).setdefault("made", []).append(name)
    try:
        yield name
    finally:
        vars(loop)["made"].pop()


def making(loop: asyncio.AbstractEventLoop | None) -> str:
    """Return the name of the task that is being made, and so runs eagerly, "" if none is."""
    made = vars(loop).get("made") if loop else None
    return made[-1] if made else ""
