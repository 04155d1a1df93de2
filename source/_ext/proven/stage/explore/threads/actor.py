"""A thread of a run, and who takes note of what it does."""

from __future__ import annotations

import _thread
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from proven.stage.explore.threads.bytecode import Place


class Stop(BaseException):
    """Ends a thread whose run is over."""


class Actor:
    """A thread of the run: what it waits for, if it does, and whether it is done."""

    def __init__(self, index: int, name: str, work: Callable[[], object], daemon: bool) -> None:
        self.index, self.name, self.work, self.daemon = index, name, work, daemon
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.ended = _thread.allocate_lock()
        self.ended.acquire()
        self.ready: Callable[[], bool] | None = None
        """Tells whether what it waits for is there; None if it doesn't wait."""
        self.waits_for = ""
        self.timed = self.done = self.entered = False
        self.slept = -1
        self.thread: Any = None
        self.own: Any = None
        """The program's own object for this thread, if it has made one."""

    def can_move(self) -> bool:
        """Tell whether it could be the next one."""
        return not self.done and (self.ready is None or self.timed or self.ready())


class Recorder(Protocol):
    """Takes note of what a run does, for those who want to see it."""

    def opcode(self, actor: Actor, frame: FrameType, offset: int, place: Place) -> None:
        """Take note of a bytecode that is about to be executed."""

    def act(self, actor: Actor, what: str, name: str, value: str = "") -> None:
        """Take note of what an actor did with a lock or the like."""
