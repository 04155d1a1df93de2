"""Leaves the stage's own frames out of the tracebacks that Python tells at the end of a thread.

Until 3.12 the hooks that tell them are of C, and so is how they follow a traceback.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from _proven_frames import InC, beyond, following

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def hide() -> None:
    """Leave them out from now on, in this process."""
    if sys.version_info < (3, 13):
        hook: Any = InC("sys", excepthook, _excepthook.__doc__)
        sys.excepthook = sys.__excepthook__ = hook
        hook = InC("_thread", _thread_excepthook, threading.__excepthook__.__doc__)
        threading.excepthook = threading.__excepthook__ = hook


_excepthook, _of_threads = sys.excepthook, threading.excepthook


def excepthook(kind: Any, error: Any, trace: Any, /) -> None:
    """Stand in for sys.excepthook."""
    _clean(error)
    _excepthook(kind, error, _cleaned(trace))


def _thread_excepthook(args: Any, /) -> None:
    _clean(args.exc_value)
    trace = _cleaned(args.exc_traceback)
    _of_threads(threading.ExceptHookArgs((args.exc_type, args.exc_value, trace, args.thread)))


# Of the process that plays, whatever stands in for it there, as pytest does.
_thread_excepthook.__name__ = threading.__excepthook__.__name__


def _cleaned(trace: Any) -> Any:
    """Return a traceback without the parts that are the stage's, for those who follow it in C."""
    parts, rest = [], None
    while (trace := beyond(trace)) is not None:
        parts.append(trace)
        trace = following.__get__(trace)
    # No recursion: that may be what the program has failed by.
    for part in reversed(parts):
        rest = TracebackType(rest, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return rest


def _clean(error: Any) -> None:
    """Let `error`, and all that is told with it, have such tracebacks."""
    seen, left = set(), [error]
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        error.__traceback__ = _cleaned(error.__traceback__)
        left += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
