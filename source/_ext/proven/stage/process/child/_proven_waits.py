"""Tells what a thread waits for, by where its code stands: only what it waits for without a limit.

Whoever waits until a moment, or for something outside the program, isn't known here.
"""

from __future__ import annotations

import os
import sys
import threading

from _proven_frames import back, is_own
from _proven_pipes import of_the_play, waits_in_c
from _proven_record import Here, process_name
from _proven_servers import end_of, is_at_lock, listens, serves
from _proven_tasks import waits_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

Row = tuple[str, str, str, int]
"""Who waits for what, who holds that, and in which line of the program."""

IDLE = ("", "")


def rows_of(thread: Any, frame: Any, alive: list[Any]) -> list[Row] | None:
    """Return the rows of a thread whose code stands at `frame`; None if it may go on by itself.

    thread: its object, if it has one; alive: those of all threads; [] if nothing is to be told.
    """
    if (clock := _in_clock(frame)) is not None:
        return _on_clock(clock)
    if (tasks := _tasks_of(frame)) is not None:
        return tasks
    reason = IDLE if listens(frame) or is_at_lock(frame) else _reason(frame, alive)
    if reason is None and thread and (what := waits_in_c(f"self/task/{thread.native_id}")):
        reason = (what, "")
    if reason and serves(frame):
        # Told is who has asked for it.
        reason = IDLE
    if reason is None or reason == IDLE:
        return None if reason is None else []
    name = thread.name if thread else "a thread"
    # Private, so typeshed lacks it.
    if thread is threading._main_thread and "multiprocessing.process" in sys.modules:  # type: ignore[attr-defined]
        name = process_name() if process_name() != "MainProcess" else name
    return [(name, *reason, _line_of(frame))]


def _in_clock(frame: Any) -> Any:
    """Return the frame in which a thread waits by the virtual clock, None if it doesn't."""
    while frame is not None and is_own(frame):
        if (os.path.basename(frame.f_code.co_filename), frame.f_code.co_name) == (
            "line.py",
            "wait",
        ):
            return frame
        frame = back(frame)
    return None


def _on_clock(frame: Any) -> list[Row] | None:
    loop = back(frame).f_locals.get("loop")
    if frame.f_locals["due"] is not None or loop is None:
        return None
    return list(waits_of([loop], _is_program))


def _tasks_of(frame: Any) -> list[Row] | None:
    """Return the rows of the tasks of a loop that nothing can wake but the program itself."""
    if (os.path.basename(frame.f_code.co_filename), frame.f_code.co_name) != (
        "selectors.py",
        "select",
    ):
        return None
    while frame is not None and frame.f_code.co_name != "_run_once":
        frame = back(frame)
    if frame is None or frame.f_locals.get("timeout") is not None:
        return None
    loop = frame.f_locals["self"]
    # Its own pipe is registered, by which threads wake it.
    others = [fd for fd in loop._selector.get_map() if fd != loop._ssock.fileno()]
    if loop._scheduled or loop._ready or not all(map(of_the_play, others)):
        return None
    return None if loop._signal_handlers else list(waits_of([loop], _is_program))


def _is_program(file: str) -> bool:
    return file.startswith(Here.snippets)


def _reason(frame: Any, alive: list[Any]) -> tuple[str, str] | None:
    """Return what the thread at `frame` waits for without a limit, and who holds that."""
    while is_own(frame) and frame.f_code.co_name == "wait":
        # How a lock is waited for, within its acquire.
        frame = back(frame)
    code, local = frame.f_code, frame.f_locals
    file, name = os.path.basename(code.co_filename), code.co_name
    self = local.get("self")
    if (file, name) == ("_proven_locks.py", "acquire"):
        if local["timeout"] != -1 or self.holder is None:
            return None
        return f"{self.kind} {_name_of(self, frame)}".strip(), self.holder.name
    if (file, name) == ("_proven_queues.py", "get"):
        return None if local["timeout"] is not None else (_named(self, frame), "")
    if (file, name) == ("_proven_processes.py", "acquire"):
        owner = [local["owner"](), *_selves(frame, "synchronize.py")][-1]
        is_taken = local["take"].__self__._is_zero()
        stays = local["timeout"] is None and is_taken
        return (_named(owner, frame), "") if stays else None
    if (file, name) == ("popen_fork.py", "poll") and local.get("flag") == 0:
        if _has_ended(self.pid):
            return None
        process = next(_selves(frame, "process.py"), None)
        return f"the end of {process.name}" if process else "the end of a process", ""
    if (file, name) == ("selectors.py", "select"):
        process = end_of(frame)
        return (f"the end of {process.name}", "") if process else None
    if (file, name) == ("unix_events.py", "_do_waitpid"):
        # A thread of asyncio's own, until 3.11: told is which task waits.
        return None if _has_ended(local["expected_pid"]) else IDLE
    if (file, name) == ("subprocess.py", "_try_wait") and not local["wait_flags"]:
        return None if _has_ended(self.pid) else ("the end of a process", "")
    if (file, name) in (("connection.py", "_recv"), ("connection.py", "_send")):
        return _message(frame, name == "_send")
    if file == "threading.py":
        if name == "wait" and type(self) is threading.Condition:
            stays = local.get("timeout") is None and local.get("waiter") in vars(self)["_waiters"]
            return (_condition(frame), "") if stays else None
        if name in ("join", "_wait_for_tstate_lock"):
            timeout = local.get("timeout")
            return (
                (f"the end of {self.name}", "") if timeout in (None, -1) and self in alive else None
            )
        if name == "__enter__" and type(self) is threading.Condition:
            holder = repr(vars(self)["_lock"]).partition("owner=")[2].partition(" ")[0]
            # Private, so typeshed lacks it.
            held = threading._active.get(int(holder)) if holder else None  # type: ignore[attr-defined]
            return (f"Condition {_name_of(self, frame)}".strip(), held.name) if held else None
        if name == "_shutdown":
            left = [
                one.name
                for one in alive
                if one and not one.daemon and one is not threading.main_thread()
            ]
            return (f"the end of {', '.join(sorted(left))}", "") if left else None
    if file == "thread.py" and name == "_worker" and "work_queue" in local:
        return IDLE if local["work_queue"].empty() else None
    return None


def _has_ended(pid: int) -> bool:
    """Tell whether a child has ended, of which nobody may have heard yet."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _condition(frame: Any) -> str:
    """Return what a thread in Condition.wait waits for: an Event, a Queue and so on."""
    owner, method = frame.f_locals["self"], "wait"
    outer = frame
    while not outer.f_code.co_filename.startswith(Here.snippets) and outer.f_back:
        code = outer.f_code
        place = os.path.basename(code.co_filename)
        if place == "_base.py" and "self" not in outer.f_locals:
            return "futures"
        if place in ("threading.py", "queue.py", "_base.py") and not isinstance(
            outer.f_locals.get("self"), threading.Thread
        ):
            owner, method = outer.f_locals.get("self", owner), code.co_name
        outer = outer.f_back
    named = _named(owner, frame)
    return f"room in {named}" if method == "put" else named


def _message(frame: Any, sends: bool) -> tuple[str, str] | None:
    """Return what a process waits for that reads from a pipe, or writes to one that is full."""
    proxy = next(_selves(frame, "managers.py"), None)
    if token := getattr(proxy, "_token", None):
        return f"{token.typeid} {_name_of(proxy, frame)}".strip(), ""
    queue = next(_selves(frame, "queues.py"), None)
    what = _named(queue or frame.f_locals["self"], frame)
    return f"room in {'the pipe of a Queue' if _is_feeder(frame) else what}" if sends else what, ""


def _is_feeder(frame: Any) -> bool:
    while frame is not None and frame.f_code.co_name != "_feed":
        frame = back(frame)
    return frame is not None


def _selves(frame: Any, file: str) -> Iterator[Any]:
    """Yield whose methods, defined in `file`, are running, from the innermost."""
    while frame is not None:
        if os.path.basename(frame.f_code.co_filename) == file and "self" in frame.f_locals:
            yield frame.f_locals["self"]
        frame = back(frame)


def _named(wanted: Any, frame: Any) -> str:
    """Return kind and name of what is waited for."""
    return f"{type(wanted).__name__} {_name_of(wanted, frame)}".strip()


def _line_of(frame: Any) -> int:
    """Return the line of the program at which it waits; 0 if that is elsewhere."""
    while frame and not frame.f_code.co_filename.startswith(Here.snippets):
        frame = frame.f_back
    return frame.f_lineno if frame else 0


def _name_of(wanted: object, frame: Any) -> str:
    """Return what the program calls `wanted` where it waits, or "" if it has no name there."""
    while frame:
        if frame.f_code.co_filename.startswith(Here.snippets):
            for names in (frame.f_locals, frame.f_globals):
                for name, value in dict(names).items():
                    if (path := _within(wanted, name, value)) is not None:
                        return path
        frame = frame.f_back
    kept = vars(sys.modules["__main__"])
    paths = (_within(wanted, name, value) for name, value in dict(kept).items())
    return next((path for path in paths if path), "")


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
