"""Notices that all threads wait for each other: then the play ends at once, and tells why.

A thread of its own looks while some thread waits, at the stacks of all.  It believes
in a deadlock only if each waits without a limit, and for something that nobody has
let go: a thread that has just been woken but hasn't run yet isn't stuck.  Each process
of the play leaves a mark that tells since when it is stuck; if there was a moment at
which all of them were, nobody can wake anybody.
"""

from __future__ import annotations

# The module signal makes enums of all that, and so loads as much as a small program.
import _signal as signal  # type: ignore[import-not-found]  # built in: typeshed lacks it
import _thread
import marshal
import os
import sys
import threading
from time import monotonic

from _proven_frames import current_frames
from _proven_pipes import at_pipe, await_end, switched
from _proven_record import EVENTS, Here, record
from _proven_waits import rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _proven_waits import Row

    Other = tuple[int, str]
    """A process, and how often it was switched."""

PAUSE = 0.4
"""Seconds between two looks; a deadlock has to be there in both."""

_waiting: list[int] = []
_stop = _thread.allocate_lock()
_running = _thread.allocate_lock()
_SIGNALS = signal.valid_signals()


class Look:
    """How it is looked: end is called with the rows; pulse changes when anything happens."""

    end: Callable[[list[Row]], object]
    pulse: Callable[[], object]
    here = Here.id != "beside"
    native = 0


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
    if Look.here and not sys.is_finalizing() and _running.acquire(False):
        _stop.acquire(False)
        # It inherits that no signal goes to it: one that the program blocks has to wait, and
        # one for which it waits has to wake the program's own thread.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            _thread.start_new_thread(_look, ())
        except RuntimeError:
            _running.release()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _look() -> None:
    before: object = None
    since, stopped = 0.0, False
    Look.native = threading.get_native_id()
    try:
        while _waiting and not (stopped := _stop.acquire(timeout=PAUSE)):
            began = monotonic()
            # Before all else: one that has ended since may have waked us.
            others = _others() if Here.id == "main" else []
            rows = stuck(_thread.get_ident())
            state = None if rows is None else (rows, others, Look.pulse())
            if rows is None or state != before:
                since = began
            _tell(rows, since, began, others)
            before = state
    finally:
        _tell(None, 0, 0, [])
        _running.release()
    # Who began to wait meanwhile has found it running.
    if _waiting and not stopped:
        _begin()


def _tell(rows: list[Row] | None, since: float, now: float, others: list[Other]) -> None:
    """Leave the mark of this process, or end the play if all are stuck."""
    if Here.id != "main" and not Here.sink:
        from contextlib import suppress

        mark = f"{EVENTS}.{os.getpid()}"
        with suppress(OSError):
            if rows is not None and since < now:
                with open(f"{mark}.new", "wb") as file:
                    marshal.dump((since, now, rows), file)
                os.replace(f"{mark}.new", mark)
            elif os.path.exists(mark):
                os.unlink(mark)
    elif rows is not None and since < now:
        marks = [(since, now, rows), *(_mark(pid) for pid, _ in others)]
        all_rows = sorted(row for mark in marks for row in mark[2])
        if all_rows and max(mark[0] for mark in marks) < min(mark[1] for mark in marks):
            Look.end(all_rows)


def _mark(pid: int) -> tuple[float, float, list[Row]]:
    try:
        with open(f"{EVENTS}.{pid}", "rb") as file:
            mark: tuple[float, float, list[Row]] = marshal.load(file)
    except (OSError, EOFError, ValueError):
        # Without the recorder it leaves none; who calls saw that it has done nothing since.
        rows = at_pipe(pid)
        return (0.0, float("inf"), rows) if rows else (float("inf"), 0.0, [])
    return mark


def _others() -> list[Other]:
    """Return the other processes of this play that live and can do anything, and their switches."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        # Without the system's word there may be no child at all.
        return [(-1, "")] if _has_children() else []
    return [(pid, switched(pid)) for pid in pids if pid != os.getpid() and _takes_part(pid)]


def _takes_part(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, _, _, session = file.read().rpartition(")")[2].split()[:4]
        if int(session) != os.getsid(0) or state in "ZX":
            return False
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            # It waits for word of the others and does nothing else.
            return b"multiprocessing.resource_tracker" not in file.read()
    except OSError:
        return False


def _switches() -> object:
    """Return how often each thread but this one was switched: who runs meanwhile isn't stuck.

    Nor is one that could run, but that a busy machine hasn't let run yet.
    """
    from contextlib import suppress

    counts: dict[str, list[str]] = {}
    with suppress(OSError):
        for task in os.listdir("/proc/self/task"):
            if int(task) != threading.get_native_id():
                with open(f"/proc/self/task/{task}/status", encoding="utf-8") as file:
                    lines = file.read().splitlines()
                counts[task] = [
                    line for line in lines if line.startswith(("State", "vol", "nonvol"))
                ]
    could_run = any("S (" not in each[0] for each in counts.values())
    return object() if could_run else counts


def _pause() -> None:
    while True:
        try:
            if _stop.locked():
                _stop.release()
        except RuntimeError:
            pass  # another thread forks, too
        # It ends at once, and nobody starts another while this lock is held.  One that begins to
        # look in this very moment hears of it the next time.
        if _running.acquire(timeout=0.01):
            await_end(Look.native)
            return


def _go_on() -> None:
    _running.release()
    if _waiting:
        _begin()


def _forget() -> None:
    _waiting.clear()
    _running.release()


def _end(rows: list[Row]) -> None:
    record("deadlock", rows=rows)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def stuck(looking: int | None = None) -> list[Row] | None:
    """Return who waits for what and who holds it, or None if somebody can go on.

    A server that waits to be asked has no rows.
    looking: the thread that doesn't count.
    """
    # On the virtual clock that timer is the play's own.
    if not Here.sink and signal.getitimer(signal.ITIMER_REAL)[0]:
        return None
    frames = current_frames()
    frames.pop(looking, None)
    # Private, so typeshed lacks it.
    threads = {ident: threading._active.get(ident) for ident in frames}  # type: ignore[attr-defined]
    all_rows: list[Row] = []
    for ident, frame in frames.items():
        rows = rows_of(threads[ident], frame, list(threads.values()))
        if rows is None:
            return None
        all_rows += rows
    return sorted(all_rows, key=_natural)


def _natural(row: Row) -> list[Any]:
    """Return by what it is sorted: Task-2 before Task-10."""
    import re

    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", row[0])]


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


Look.end, Look.pulse = _end, _switches
