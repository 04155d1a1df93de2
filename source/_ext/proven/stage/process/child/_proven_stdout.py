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
from typing import Any

from _proven_record import record

OUTPUT = os.environ["HANDBOOK_OUTPUT"]
FULL = io.DEFAULT_BUFFER_SIZE
"""Bytes after which a buffer is written even without the end of a line."""


class Shared(io.BufferedWriter):
    """The buffer below `sys.stdout`: it may be entered again by a signal handler that prints."""

    def __init__(self) -> None:
        raw = io.FileIO(1, "wb", closefd=False)
        raw.name = "<stdout>"
        super().__init__(raw)
        self._held: list[bytes] = []
        self._lock = threading.RLock()
        self._file = os.stat(OUTPUT)

    def write(self, data: Any) -> int:
        """Keep `data` until it is flushed, as the buffer of a terminal does."""
        if self.closed:
            raise ValueError("write to closed file")
        taken = bytes(data)
        with self._lock:
            self._held.append(taken)
            full = sum(map(len, self._held)) > FULL
        if full:
            self.flush()
        return len(taken)

    def flush(self) -> None:
        """Write what is kept and record where it stands."""
        with self._lock:
            data, self._held = b"".join(self._held), []
            while data:
                data = data[self._put(data) :]

    def seekable(self) -> bool:
        """Tell that it isn't: neither is a terminal."""
        return False

    def after_fork(self) -> None:
        """Make a lock that no thread of the parent holds."""
        self._lock = threading.RLock()

    def _put(self, data: bytes) -> int:
        try:
            if not os.path.samestat(os.fstat(1), self._file):
                return self.raw.write(data) or 0
            # A file description of its own: its position is then the end of what was written.
            file = os.open(OUTPUT, os.O_WRONLY | os.O_APPEND)
        except OSError:
            return self.raw.write(data) or 0
        try:
            count = os.write(file, data)
            end = os.lseek(file, 0, os.SEEK_CUR)
        finally:
            os.close(file)
        record("prints", start=end - count, end=end)
        return count


def install() -> None:
    """Put it in the place of Python's own."""
    before: Any = sys.stdout
    buffer = Shared()
    stdout = io.TextIOWrapper(buffer, before.encoding, before.errors, "\n", line_buffering=True)
    stdout.mode = "w"  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stdout  # type: ignore[misc]
    os.register_at_fork(after_in_child=buffer.after_fork)
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        _keep_calls_whole()


def _keep_calls_whole() -> None:
    """Keep together what one call of print writes: elsewhere the GIL does that."""
    lock = threading.RLock()
    original = builtins.print

    @functools.wraps(original)
    def whole(*values: Any, **options: Any) -> None:
        with lock:
            original(*values, **options)

    builtins.print = whole
