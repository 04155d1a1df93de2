"""Tells whether threads are blocked: whether they wait for something that others bring.

A play on the virtual clock has no outside, so a thread that the system shows asleep, and
that has not run since a moment ago, can be waked by nobody but the program itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from proven.stage.clock import real

PAUSE = 0.002
"""Real seconds between two looks at a thread that seems to be blocked."""

_TASKS = Path("/proc/self/task")


def are_blocked(threads: Iterable[int | None]) -> bool:
    """Tell whether all `threads` (native ids; None is one that has yet to start) are blocked."""
    known = list(threads)
    if None in known:
        return False
    before = [_state(thread) for thread in known if thread is not None]
    if None in before:
        return False
    real.sleep(PAUSE if _TASKS.is_dir() else 10 * PAUSE)
    return before == [_state(thread) for thread in known if thread is not None]


def _state(thread: int) -> object:
    """Return what changes whenever the thread runs; None if it could run now."""
    try:
        text = (_TASKS / str(thread) / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        if _TASKS.is_dir():
            # It has just ended: look again at who is left.
            return None
        # Without the system's word: where the threads' code stands.
        return [(id(frame), frame.f_lasti) for frame in sys._current_frames().values()]
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if lines["State"].split()[0] not in "SZX":
        return None
    return (lines["voluntary_ctxt_switches"], lines["nonvoluntary_ctxt_switches"])
