"""Who waits for what, and where everybody stands."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from proven.stage.clock import Clock
from proven.stage.trace import Wait

MOST_STACKS = 10
"""Tasks whose stacks are told when a play hangs."""

STAGE = str(Path(__file__).parents[1])


def waits(clock: Clock, path: str = "") -> tuple[Wait, ...]:
    """Return for each unfinished task what it waits for, and the line; path: the program."""
    tasks = [task for loop in clock.loops for task in asyncio.all_tasks(loop)]
    tasks.sort(key=lambda task: (len(task.get_name()), task.get_name()))
    return tuple(_wait_of(task, path) for task in tasks)


def _wait_of(task: asyncio.Task[Any], path: str) -> Wait:
    """Return what `task` waits for, and in which line of the program at `path`."""
    coroutine: Any = task.get_coro()
    what, line = "", 0
    while coroutine is not None:
        frame = next(
            (
                getattr(coroutine, name)
                for name in ("cr_frame", "gi_frame", "ag_frame")
                if getattr(coroutine, name, None)
            ),
            None,
        )
        following = next(
            (
                getattr(coroutine, name)
                for name in ("cr_await", "gi_yieldfrom", "ag_await")
                if getattr(coroutine, name, None) is not None
            ),
            None,
        )
        if frame is not None:
            file = frame.f_code.co_filename
            if path and file == path:
                line, what = frame.f_lineno, ""
            elif not what and STAGE not in file:
                what = frame.f_code.co_qualname
        coroutine = following
    waiter: Any = getattr(task, "_fut_waiter", None)
    if not what and isinstance(waiter, asyncio.Task):
        what = waiter.get_name()
    elif not what:
        names = [other.get_name() for other in _children(waiter)]
        what = ", ".join(names) or "a future that nobody completes"
    return Wait(task.get_name(), what, line=line)


def _children(waiter: Any) -> list[asyncio.Task[Any]]:
    known = getattr(waiter, "_children", ()) or ()
    return [child for child in known if isinstance(child, asyncio.Task) and not child.done()]


def stacks(clock: Clock, frame: FrameType | None) -> Iterator[str]:
    """Yield the stacks of the main thread, which stands at `frame`, and of the tasks."""
    yield "Stack of the main thread:\n"
    yield from traceback.format_stack(frame)[-8:]
    tasks = [task for loop in clock.loops for task in asyncio.all_tasks(loop)]
    if len(tasks) > MOST_STACKS:
        yield f"{len(tasks)} tasks, {MOST_STACKS} of them:\n"
    for task in tasks[:MOST_STACKS]:
        yield f"Stack of {task.get_name()}:\n"
        for held in task.get_stack():
            yield from traceback.format_stack(held, limit=1)
