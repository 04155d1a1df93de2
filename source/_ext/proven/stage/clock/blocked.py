"""Tells whether threads are blocked: whether they wait for something that others bring.

A play on the virtual clock has no outside, so a thread that the system shows asleep, and
that has not run since a moment ago, can be waked by nobody but the program itself.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from proven.stage.clock import real

PAUSE = 0.002
"""Real seconds after which one who waits looks again."""
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
    return before == _states(looking)


def _states(looking: set[int]) -> dict[int, object]:
    """Return for each thread what changes whenever it runs; None if it could run now."""
    if not _TASKS.is_dir():
        # Without the system's word: where the threads' code stands.
        known = {thread.ident: thread.native_id for thread in threading.enumerate()}
        return {
            thread: (id(frame), frame.f_lasti)
            for thread, frame in real.current_frames().items()
            if known.get(thread) not in looking
        }
    return {
        int(task.name): _state(task) for task in _TASKS.iterdir() if int(task.name) not in looking
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


class Signal:
    """What one thread waits for until another one gives it, as a waiter of a Condition.

    That it was given shows at once, not when who waits has waked and taken it: meanwhile the
    time must not jump.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._given = False

    def release(self) -> None:
        """Give it: so `notify` does."""
        self._given = True
        self.wake()

    def wake(self) -> None:
        """Let who waits look again."""
        with suppress(RuntimeError):
            self._lock.release()

    def take(self, limit: float | None) -> bool:
        """Wait for at most so many real seconds; tell whether there is reason to look."""
        return self._lock.acquire(timeout=10 * PAUSE if limit is None else limit)

    def given(self) -> bool:
        """Tell whether it was."""
        return self._given
