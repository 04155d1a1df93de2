"""Who waits for what, and where everybody stands."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from types import FrameType

from proven.stage.clock import Clock
from proven.stage.process.shared import tasks
from proven.stage.trace import Wait

MOST_STACKS = 10
"""Tasks whose stacks are told when a play hangs."""


def waits(clock: Clock, path: str = "") -> tuple[Wait, ...]:
    """Return for each unfinished task what it waits for, and the line; path: the program."""
    return tuple(Wait(*row) for row in tasks.waits_of(clock.loops, lambda file: file == path))


def stacks(clock: Clock, frame: FrameType | None) -> Iterator[str]:
    """Yield the stacks of the main thread, which stands at `frame`, and of the tasks."""
    yield "Stack of the main thread:\n"
    yield from traceback.format_stack(frame)[-8:]
    alive = [task for loop in clock.loops for task in asyncio.all_tasks(loop)]
    if len(alive) > MOST_STACKS:
        yield f"{len(alive)} tasks, {MOST_STACKS} of them:\n"
    for task in alive[:MOST_STACKS]:
        yield f"Stack of {task.get_name()}:\n"
        for held in task.get_stack():
            yield from traceback.format_stack(held, limit=1)
