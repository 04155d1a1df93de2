"""The standard output of a play: a file on descriptor 1, and who wrote which part of it.

Whatever reaches the descriptor is in the file, in order.  What Python's `sys.stdout`
writes is recorded besides: where it stands in the file, and who wrote it.  Lines come
as on a terminal: each when it is finished or flushed.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import sys
import threading
from contextlib import nullcontext

from _proven_frames import InC, back, getframe
from _proven_record import author, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTPUT = os.environ["HANDBOOK_OUTPUT"]
HEAD = 16
"""Bytes of each part by which is seen that nobody has overwritten it."""


class Shared(io.BufferedWriter):
    """The buffer below `sys.stdout`.

    Python's own is of C, so that a signal handler never runs within a print.  Here it
    may; what it prints then waits until the print below it is through.
    """

    def __init__(self) -> None:
        raw = io.FileIO(1, "wb", closefd=False)
        raw.name = "<stdout>"
        super().__init__(raw)
        self._held: list[tuple[dict[str, str], bytes]] = []
        self._later: list[tuple[dict[str, str], bytes]] = []
        self._lock = threading.RLock()
        self._file = os.stat(OUTPUT)
        self._codes = {method.__code__ for method in (Shared.write, Shared.flush, Shared._put)}
        self._main = threading.get_ident()
        # Kept here: at its end Python empties the modules, and objects may still print.
        self._calls = os.fstat, os.open, os.write, os.lseek, os.close, os.path.samestat
        self._frame, self._back, self._ident = getframe, back, threading.get_ident
        self._author, self._record = author, record
        self._path, self._mode, self._head = OUTPUT, os.O_WRONLY | os.O_APPEND, HEAD

    def write(self, data: Any) -> int:
        """Keep `data` until it is flushed, as the buffer of a terminal does."""
        if self.closed:
            raise ValueError("write to closed file")
        taken = bytes(data)
        try:
            whose = self._author()
        except TypeError:
            whose = {}  # Python is at its end and has emptied the modules.
        (self._later if self._is_nested() else self._held).append((whose, taken))
        return len(taken)

    def flush(self) -> None:
        """Write what is kept and record where it stands and whose it is."""
        if self._is_nested():
            return
        with self._lock:
            while self._held or self._later:
                whose, data = (self._held or self._later).pop(0)
                while data:
                    data = data[self._put(data, whose) :]

    def __repr__(self) -> str:
        return "<_io.BufferedWriter name='<stdout>'>"

    def seekable(self) -> bool:
        """Tell that it isn't: neither is a terminal."""
        return False

    def after_fork(self) -> None:
        """Make a lock that no thread of the parent holds."""
        self._lock = threading.RLock()
        self._main = threading.get_ident()

    def _is_nested(self) -> bool:
        """Tell whether a signal handler calls, within a call that it interrupted."""
        if self._ident() != self._main:
            return False
        frame: Any = self._back(self._frame(1))
        while frame:
            if frame.f_code in self._codes:
                return True
            frame = self._back(frame)
        return False

    def _put(self, data: bytes, whose: dict[str, str]) -> int:
        fstat, open, write, lseek, close, samestat = self._calls
        try:
            if not samestat(fstat(1), self._file):
                return self.raw.write(data) or 0
            # A file description of its own: its position is then the end of what was written.
            file = open(self._path, self._mode)
        except OSError:
            return self.raw.write(data) or 0
        try:
            count = write(file, data)
            end = lseek(file, 0, 1)
        finally:
            close(file)
        if whose:
            self._record("prints", start=end - count, end=end, head=data[: self._head], **whose)
        return count


# A program that asks for the type reads the usual name.
Shared.__name__ = Shared.__qualname__ = io.BufferedWriter.__name__
Shared.__module__ = io.BufferedWriter.__module__


def install() -> None:
    """Put it in the place of Python's own."""
    before: Any = sys.stdout
    buffer = Shared()
    stdout = io.TextIOWrapper(buffer, before.encoding, before.errors, "\n", line_buffering=True)
    stdout.mode = "w"  # type: ignore[misc]  # as Python's own stdout has it
    sys.stdout = sys.__stdout__ = stdout  # type: ignore[misc]  # Final in typeshed, not in Python
    os.register_at_fork(after_in_child=buffer.after_fork)
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        _keep_calls_whole(stdout)


def _keep_calls_whole(stdout: Any) -> None:
    """Keep together what one call of print writes to `stdout`: elsewhere the GIL does that.

    What it writes into an object of the program is the program's: that may wait for others.
    """
    lock = threading.RLock()
    original = builtins.print

    @functools.wraps(original)
    def whole(*values: Any, **options: Any) -> None:
        is_ours = (options.get("file") or sys.stdout) is stdout
        with lock if is_ours else nullcontext():
            original(*values, **options)

    builtins.print = InC("builtins", whole, original.__doc__)
