"""Whether threads are blocked: whether others have to bring something.

A play on the virtual clock has no outside, so a thread that the system shows asleep, and
that has not run since a moment ago, can be waked by nobody but the program itself.
"""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

from proven.stage.clock import real

LOOK = 0.006
"""Real seconds between two looks at threads that seem to be blocked: more than the 5 ms after which
one that waits for the interpreter's lock wakes and asks again, which shows in its switches."""

_TASKS = Path("/proc/self/task")


def are_blocked_but(looking: set[int]) -> bool:
    """Tell whether all threads of this process but those with the native ids are blocked."""
    before = _states(looking)
    if None in before.values():
        return False
    real.sleep(LOOK if _TASKS.is_dir() else 3 * LOOK)
    # Before the look at the others: what one of these holds in C, another one may wait for.
    return not _could_run(looking) and before == _states(looking)


def _could_run(looking: set[int]) -> bool:
    """Tell whether one of the threads that look could run now, beside the one that asks."""
    others = looking - {threading.get_native_id()} if _TASKS.is_dir() else ()
    return any(_state(_TASKS / str(native)) is None for native in others)


def _states(looking: set[int]) -> dict[int, object]:
    """Return for each thread what changes whenever it runs; None if it could run now."""
    if not _TASKS.is_dir():
        # Without the system's word: where the threads' code stands.
        native_ids = {thread.ident: thread.native_id for thread in threading.enumerate()}
        return {
            thread: (id(frame), frame.f_lasti)
            for thread, frame in real.current_frames().items()
            if native_ids.get(thread) not in looking
        }
    # Not by an iterator: this thread may be ended within, and would leave that unclosed.
    return {
        int(task): _state(_TASKS / task) for task in os.listdir(_TASKS) if int(task) not in looking
    }


def _state(task: Path) -> object:
    try:
        text = (task / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        # It has just ended.
        return None
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if lines["State"].split()[0] not in "SZX":
        return None
    return (lines["voluntary_ctxt_switches"], lines["nonvoluntary_ctxt_switches"])


_LIMITS = {
    "x86_64": {7: 2, 23: 4, 35: 0, 202: 3, 230: 2, 232: 3, 270: 4, 271: 2, 281: 3},
    "aarch64": {22: 3, 72: 4, 73: 2, 98: 3, 101: 0, 115: 2},
}.get(os.uname().machine, {})
"""Linux's numbers of the calls that wait, and which of their arguments is the limit: poll, select,
nanosleep, futex (on which locks rest), epoll_wait and their kin."""
_NO_LIMIT = {0, 2**32 - 1, 2**64 - 1}
"""No pointer, and -1 milliseconds."""


def _waits_for_a_moment(native: int) -> bool:
    """Tell whether a thread waits in the system until a real moment, at most."""
    try:
        call = (_TASKS / str(native) / "syscall").read_text(encoding="ascii").split()
        return int(call[1 + _LIMITS[int(call[0])]], 16) not in _NO_LIMIT
    except (OSError, KeyError, ValueError):
        return False


class Limits:
    """How long blocked threads have stood at waits whose limit is in real seconds."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[object, int]] = {}

    def passed_by(self, now: int, then: int, looking: set[int]) -> str:
        """Return which limit time would pass by, if it went on to `then`; "" if none.

        now, then: virtual nanoseconds; looking: native ids of threads that wait by the clock.
        """
        states, frames = _states(looking), real.current_frames()
        before, self._since = self._since, {}
        for thread in threading.enumerate():
            frame, native = frames.get(thread.ident or 0), thread.native_id or 0
            if frame is None or native not in states:
                continue
            if not (limit := _limit_at(frame)):
                if then > now and _waits_for_a_moment(native):
                    # So does who waits for the interpreter's lock; but that one then runs.
                    real.sleep(LOOK)
                    if _state(_TASKS / str(native)) == states[native]:
                        return f"{thread.name} waits until a moment, which is real"
                continue
            state = (states[native], id(frame), frame.f_lasti)
            earlier, since = before.get(native, (None, now))
            self._since[native] = state, since if earlier == state else now
            if then - self._since[native][1] >= limit * 1e9:
                return f"it waits at a socket for at most {limit:g} s, which are real"
        return ""


def _limit_at(frame: Any) -> float:
    """Return the shortest limit of sockets that are at hand where a thread stands; 0.0 if none."""
    here = [*frame.f_locals.values(), *frame.f_globals.values()]
    within = [held for one in here for held in [*getattr(one, "__dict__", {}).values()]]
    sockets = [one for one in (*here, *within) if isinstance(one, socket.socket)]
    return min(filter(None, (one.gettimeout() for one in sockets)), default=0.0)
