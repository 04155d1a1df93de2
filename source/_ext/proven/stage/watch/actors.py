"""Tells what a task is to be called in a trace."""

from __future__ import annotations

import asyncio
from typing import Any

from proven.stage.trace import Actor

# Private, so typeshed lacks it.
TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]


def has_begun(task: asyncio.Task[Any]) -> bool:
    """Tell whether `task` runs or is over."""
    coroutine: Any = task.get_coro()
    return task.done() or getattr(coroutine, "cr_running", False)


def actor_of(task: asyncio.Task[Any], eager: bool) -> Actor:
    """Return `task` as an actor; eager: whether it runs before its creator goes on."""
    coroutine: Any = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    if eager and frame is None:
        # One that is over doesn't keep its coroutine.
        return Actor(task.get_name(), "task", name_of(coroutine) if coroutine else "")
    if not eager and (coroutine.cr_running if frame else hasattr(coroutine, "cr_frame")):
        # Seen first while it runs or when it is over: the collector wakes what it takes away.
        return Actor(task.get_name(), "loop")
    if frame is None:
        # At its end the loop closes async generators, each in a task of its own.
        return Actor(task.get_name(), "task", "aclose")
    code = frame.f_code
    values = frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    # What the loop runs by itself at its end is nobody's lane.
    kind = "loop" if isinstance(values.get("self"), asyncio.AbstractEventLoop) else "task"
    shown = (repr(values[name]) for name in names if isinstance(values[name], str | int | float))
    return Actor(task.get_name(), kind, name_of(coroutine), tuple(shown))


def name_of(code: Any) -> str:
    """Return the name of a function or coroutine."""
    return getattr(code, "__name__", "") or type(code).__name__
