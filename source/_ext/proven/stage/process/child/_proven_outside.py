"""What lies outside Python: C's own output; and hooks that would hear the recorder."""

from __future__ import annotations

import os
import sys

from _proven_frames import InC, getframe, outer
from _proven_record import record, when_imported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_BY_LINES = 1
"""C's number of the way in which the output to a terminal is buffered."""

_own: list[Any] = []
"""What is loaded of C's own, if anything is."""


def install() -> None:
    """Let C's output come by lines, and refuse hooks."""
    when_imported("ctypes", buffer_by_lines)
    sys.addaudithook = InC("sys", addaudithook, sys.addaudithook.__doc__)


def buffer_by_lines(ctypes: Any) -> None:
    """Let what C writes to its standard output come as on a terminal."""
    for name in ("stdout", "__stdoutp"):
        try:
            own = ctypes.PyDLL(None)
            _own[:] = [own]
            own.setvbuf(ctypes.c_void_p.in_dll(own, name), None, _BY_LINES, 0)
        except (ValueError, AttributeError):
            continue  # Another system's name.


def flush() -> None:
    """Let out what C has kept of an unfinished line."""
    for own in _own:
        own.fflush(None)


def addaudithook(hook: Any) -> NoReturn:
    """Stand in for sys.addaudithook: end the process and tell why."""
    line = getattr(outer(getframe(1)), "f_lineno", 0)
    record("refused", text=f"line {line} uses sys.addaudithook, which would hear the stage itself")
    os._exit(1)
