"""Notices that all threads wait for each other: then the play ends at once, and tells why.

A thread of its own looks while some thread waits, at the stacks of all.  It believes
in a deadlock only if each waits without a limit, and for something that nobody has
let go: a thread that has just been woken but hasn't run yet isn't stuck.
"""

from __future__ import annotations

# The module signal makes enums of all that, and so loads as much as a small program.
import _signal as signal  # type: ignore[import-not-found]  # built in: typeshed lacks it
import _thread
import os
import sys
import threading

from _proven_frames import current_frames
from _proven_record import SNIPPETS, Here, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.1
"""Seconds between two looks; a deadlock has to be there in both."""

_waiting: list[int] = []
_starting = _thread.allocate_lock()
_stop = _thread.allocate_lock()
_running = _thread.allocate_lock()


class might_last:
    """A block in which the caller waits, perhaps for ever."""

    def __enter__(self) -> None:
        _waiting.append(1)
        _begin()

    def __exit__(self, *_: object) -> None:
        if _waiting:
            _waiting.pop()


def install() -> None:
    """Let no fork see the thread that looks."""
    os.register_at_fork(before=_pause, after_in_parent=_go_on, after_in_child=_forget)


def _begin() -> None:
    if Here.id == "main" and not sys.is_finalizing() and _running.acquire(False):
        _stop.acquire(False)
        try:
            _thread.start_new_thread(_look, ())
        except RuntimeError:
            _running.release()


def _look() -> None:
    before: object = None
    try:
        while _waiting and not _stop.acquire(timeout=PAUSE):
            found = _deadlock()
            if found and found == before:
                _end(found)
            before = found
    finally:
        _running.release()


def _pause() -> None:
    if _stop.locked():
        _stop.release()
    # It ends at once, and nobody starts another while this lock is held.
    _running.acquire()


def _go_on() -> None:
    _running.release()
    if _waiting:
        _begin()


def _forget() -> None:
    _waiting.clear()
    _running.release()


def _end(rows: list[tuple[str, str, str, int]]) -> None:
    record("deadlock", rows=rows)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _deadlock() -> list[tuple[str, str, str, int]] | None:
    """Return who waits for what and who holds it, or None if somebody can go on."""
    if signal.getitimer(signal.ITIMER_REAL)[0] or _has_children():
        return None
    frames = current_frames()
    frames.pop(_thread.get_ident())
    # Private, so typeshed lacks it.
    threads = {ident: threading._active.get(ident) for ident in frames}  # type: ignore[attr-defined]
    rows = []
    for ident, frame in frames.items():
        name = threads[ident].name if threads[ident] else "a thread"
        reason = _reason(frame, list(threads.values()))
        if reason is None:
            return None
        if reason != IDLE:
            rows.append((name, *reason, _line_of(frame)))
    return sorted(rows) or None


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


IDLE = ("", "")


def _reason(frame: Any, alive: list[Any]) -> tuple[str, str] | None:
    """Return what the thread at `frame` waits for without a limit, and who holds that."""
    code, known = frame.f_code, frame.f_locals
    file, name = os.path.basename(code.co_filename), code.co_name
    self = known.get("self")
    if (file, name) == ("_proven_locks.py", "acquire"):
        if known["timeout"] != -1 or self.holder is None:
            return None
        return f"{self.kind} {_name_of(self, frame)}".strip(), self.holder.name
    if file == "threading.py":
        if name == "wait" and type(self) is threading.Condition:
            if known.get("timeout") is not None or known.get("waiter") not in self._waiters:
                return None
            return _condition(frame), ""
        if name in ("join", "_wait_for_tstate_lock"):
            timeout = known.get("timeout")
            return (
                (f"the end of {self.name}", "") if timeout in (None, -1) and self in alive else None
            )
        if name == "__enter__" and type(self) is threading.Condition:
            owner = repr(self._lock).partition("owner=")[2].partition(" ")[0]
            # Private, so typeshed lacks it.
            held = threading._active.get(int(owner)) if owner else None  # type: ignore[attr-defined]
            return (f"Condition {_name_of(self, frame)}".strip(), held.name) if held else None
        if name == "_shutdown":
            left = [
                one.name
                for one in alive
                if one and not one.daemon and one is not threading.main_thread()
            ]
            return (f"the end of {', '.join(sorted(left))}", "") if left else None
    if file == "thread.py" and name == "_worker" and "work_queue" in known:
        return IDLE if known["work_queue"].empty() else None
    return None


def _condition(frame: Any) -> str:
    """Return what a thread in Condition.wait waits for: an Event, a Queue and so on."""
    owner, method = frame.f_locals["self"], "wait"
    outer = frame
    while not outer.f_code.co_filename.startswith(SNIPPETS) and outer.f_back:
        code = outer.f_code
        if os.path.basename(code.co_filename) in ("threading.py", "queue.py", "_base.py"):
            owner, method = outer.f_locals.get("self", owner), code.co_name
        outer = outer.f_back
    named = f"{type(owner).__name__} {_name_of(owner, frame)}".strip()
    return f"room in {named}" if method == "put" else named


def _line_of(frame: Any) -> int:
    """Return the line of the program at which it waits; 0 if that is elsewhere."""
    while frame and not frame.f_code.co_filename.startswith(SNIPPETS):
        frame = frame.f_back
    return frame.f_lineno if frame else 0


def _name_of(wanted: object, frame: Any) -> str:
    """Return what the program calls `wanted` where it waits, or "" if it has no name there."""
    while frame:
        if frame.f_code.co_filename.startswith(SNIPPETS):
            for names in (frame.f_locals, frame.f_globals):
                for name, value in dict(names).items():
                    if (found := _within(wanted, name, value)) is not None:
                        return found
        frame = frame.f_back
    return ""


def _within(wanted: object, name: str, value: Any) -> str | None:
    if value is wanted:
        return name
    if isinstance(value, dict):
        inner = ((f"{name}[{key!r}]", held) for key, held in value.items())
    elif isinstance(value, list | tuple):
        inner = ((f"{name}[{place}]", held) for place, held in enumerate(value))
    else:
        inner = ((f"{name}.{key}", held) for key, held in getattr(value, "__dict__", {}).items())
    return next((path for path, held in inner if held is wanted), None)
