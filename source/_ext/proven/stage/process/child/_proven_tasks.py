"""Tells what tasks wait for; a play on the virtual clock uses it, too."""

from __future__ import annotations

import sys

from _proven_frames import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def waits_of(
    loops: Iterable[Any], is_program: Callable[[str], bool]
) -> Iterator[tuple[str, str, str, int]]:
    """Yield for each unfinished task of `loops` who waits for what, "" and the line.

    is_program: tells whether a file is the program's.
    """
    asyncio: Any = sys.modules["asyncio"]
    tasks = [task for loop in loops for task in asyncio.all_tasks(loop)]
    tasks.sort(key=lambda task: (len(task.get_name()), task.get_name()))
    return (_wait_of(task, is_program) for task in tasks)


def _wait_of(task: Any, is_program: Callable[[str], bool]) -> tuple[str, str, str, int]:
    """Return what `task` waits for, and in which line of the program."""
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
            if is_program(file):
                line, what = frame.f_lineno, ""
            elif not what and not is_own(frame):
                what = _method(frame)
        coroutine = following
    waiter: Any = getattr(task, "_fut_waiter", None)
    if not what and hasattr(waiter, "get_name"):
        what = waiter.get_name()
    elif not what:
        names = [other.get_name() for other in _children(waiter)]
        what = ", ".join(names) or "a future that nobody completes"
    return task.get_name(), what, "", line


def _method(frame: Any) -> str:
    """Return the name of what `frame` runs, as the program knows it."""
    code, owner = frame.f_code, frame.f_locals.get("self")
    if owner is None:
        return str(code.co_qualname)
    # So `async with lock` asks for it.
    name = "acquire" if code.co_qualname == "_ContextManagerMixin.__aenter__" else code.co_name
    return f"{type(owner).__name__}.{name}"


def _children(waiter: Any) -> list[Any]:
    children = getattr(waiter, "_children", ()) or ()
    return [child for child in children if hasattr(child, "get_name") and not child.done()]
