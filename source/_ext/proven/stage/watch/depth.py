"""The recursion limit of a play's main thread, of which the stage's own frames take nothing."""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

from proven.stage.process.shared import frames

_get, _set = sys.getrecursionlimit, sys.setrecursionlimit
_main = threading.get_ident()
_own = 0


def hide() -> None:
    """Let the program see the limit that it would have without the stage, from now on."""
    count, frame = 0, frames.getframe(1)
    while frame is not None:
        count, frame = count + 1, frames.back(frame)
    # Until 3.11 what C calls counts, too: exec, by which the program is run.
    allow(count + (sys.version_info < (3, 12)))
    for function, original in ((getrecursionlimit, _get), (setrecursionlimit, _set)):
        setattr(sys, function.__name__, frames.InC("sys", function, original.__doc__))


def allow(more: int) -> None:
    """Allow for so many more frames of the stage's own below the program's."""
    global _own
    if threading.get_ident() == _main:
        _set(_get() + more)
        _own += more


def getrecursionlimit() -> int:
    """Stand in for sys.getrecursionlimit."""
    return _get() - _own


def setrecursionlimit(limit: Any, /) -> None:
    """Stand in for sys.setrecursionlimit."""
    try:
        _set(limit + _own if isinstance(limit, int) and limit > 0 else limit)
    except RecursionError as error:
        # The limit, and the depth with two frames of this call, and what in C calls them.
        number = iter((_own, _own + 2 + (sys.version_info < (3, 12))))
        text = re.sub(r"\d+", lambda found: str(int(found[0]) - next(number)), str(error))
        raise RecursionError(text) from None
