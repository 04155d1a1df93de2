"""What a play prints, line by line: when, and who."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import threading
from collections.abc import Callable
from typing import Any

from proven.stage.clock import Clock
from proven.stage.trace import MOST_BYTES, MOST_PRINTED, Event
from proven.stage.watch import Journal

HIGH = 100
"""The number from which on the stage's own descriptors are."""


class Recorder(io.RawIOBase):
    """The raw file below a text stream; each line that is finished on it becomes an event.

    What several threads write shares a line, as on a terminal.  descriptor: a file that
    takes the bytes besides; what others write to it is seen, too.  refuse: called when
    too much was printed.
    """

    def __init__(self, clock: Clock, journal: Journal | None, descriptor: int = -1) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.mode, self.name = "wb", "<stdout>"
        self._clock, self._journal, self._descriptor = clock, journal, descriptor
        self._rest = b""
        self._seen = 0
        self._lock = threading.RLock()
        self._bytes = 0
        self.refuse: Callable[[], object] = bool

    def stream(self) -> io.TextIOWrapper:
        """Return the text stream: it shows each line as soon as it is finished."""
        buffer = io.BufferedWriter(self)
        kind = _Charging if self._clock.charging else io.TextIOWrapper
        stream = kind(buffer, "utf-8", "surrogateescape", newline="\n", line_buffering=True)
        if isinstance(stream, _Charging):
            stream.charge = self._clock.meter.charge
        stream.mode = "w"  # type: ignore[misc]  # as Python's own stdout has it
        return stream

    def writable(self) -> bool:
        """Tell that it is."""
        return True

    def fileno(self) -> int:
        """Return the descriptor; OSError if it has none."""
        return self._descriptor if self._descriptor >= 0 else super().fileno()

    def write(self, data: Any) -> int:
        """Take `data`, written by who runs now."""
        taken = bytes(data)
        if not self._clock.charging:
            self._clock.meter.charge()
        with self._lock:
            if self._descriptor >= 0:
                self.catch_up()
                self._seen += os.write(self._descriptor, taken)
            self._take(taken)
        return len(taken)

    def catch_up(self) -> None:
        """See what others have written to the descriptor."""
        if self._descriptor < 0:
            return
        size = os.fstat(self._descriptor).st_size
        if size > self._seen:
            foreign = os.pread(self._descriptor, size - self._seen, self._seen)
            self._seen = size
            self._take(foreign)

    def finish(self) -> None:
        """Turn an unfinished line into an event: nothing printed gets lost."""
        self.catch_up()
        if self._rest:
            self._take(b"\n")

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > MOST_BYTES or len(self.events) > MOST_PRINTED:
            self.refuse()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "surrogateescape")
            self.events.append(Event(round(self._clock.time(), 6), _actor(), text))
            if self._journal:
                self._journal.note(self._journal.who(), "prints", text)


class _Charging(io.TextIOWrapper):
    """A stream that lets the time of computing pass before it is held by who writes."""

    charge: Callable[[], None] = staticmethod(lambda: None)

    def write(self, text: str) -> int:
        self.charge()
        return super().write(text)


def _actor() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task else threading.current_thread().name


def high(descriptor: int) -> int:
    """Return a copy of `descriptor` with a number that no program gets, and close it."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(descriptor)
    return copy


def in_memory(name: str) -> int:
    """Return the descriptor of a new file that has no place in any folder."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    import tempfile

    descriptor, path = tempfile.mkstemp(name)
    os.unlink(path)
    return descriptor
