"""Records what a thread or process snippet prints, and who starts, waits and ends.

The stage puts this folder on PYTHONPATH, so that Python itself installs the
recorder in the snippet's process and in every process that it starts, with
fork, spawn or forkserver alike.  Each record is a line of JSON, and appending it
is one write: lines of different threads and processes never mix.  A record had to
come later than those that its `after` names.
"""

from __future__ import annotations

import faulthandler
import functools
import io
import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

EVENTS = os.environ["HANDBOOK_EVENTS"]
DEADLINE = float(os.environ["HANDBOOK_DEADLINE"])
SNIPPET = os.environ["HANDBOOK_SNIPPET"]

MOST = 1000
"""Records after which a process only tells its lines: nobody draws more."""

PLAIN = str | int | float

_records, _actors = itertools.count(), itertools.count(1)
_Lock = threading.Lock
Cause = dict[str, Any]
"""What a record comes after, and whose doing that was."""


class Recorder(io.TextIOBase):
    """A text stream that turns each printed line into a record of the events file."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._parts: dict[int, str] = {}

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        thread = threading.get_ident()
        *lines, rest = (self._parts.get(thread, "") + text).split("\n")
        self._parts[thread] = rest
        for line in lines:
            record("prints", text=line)
        return len(text)

    def flush(self) -> None:
        # Python flushes at exit: an unfinished last line must not get lost.
        for thread, rest in list(self._parts.items()):
            if rest:
                self._parts[thread] = ""
                record("prints", text=rest)


def process_id() -> str:
    """Return the name under which this process writes its records."""
    return getattr(multiprocessing.current_process(), "handbook_id", "main")


def actor_id() -> str:
    """Return the name under which the calling thread writes its records."""
    thread = threading.current_thread()
    if thread is threading.main_thread():
        return process_id()
    return getattr(thread, "handbook_id", f"{process_id()}.{thread.name}")


def record(what: str, **more: Any) -> Cause:
    """Append a record of the caller; return what makes another record come after it."""
    number = next(_records)
    if number > MOST and what not in ("prints", "created", "ends"):
        return {}
    thread = threading.current_thread()
    main = thread is threading.main_thread()
    event = {
        "id": f"{process_id()}#{number}",
        "who": actor_id(),
        "what": what,
        "time": time.monotonic(),
        "actor": multiprocessing.current_process().name if main else thread.name,
        "kind": "process" if main else "thread",
        **more,
    }
    data = json.dumps(event).encode() + b"\n"
    file = os.open(EVENTS, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, data)
    finally:
        os.close(file)
    return {"after": [event["id"]], "by": event["who"]}


def by_snippet() -> bool:
    """Tell whether the snippet itself called the caller: how libraries work isn't shown."""
    return sys._getframe(2).f_code.co_filename == SNIPPET


def watch_start(owner: type, kind: str) -> None:
    """Record who starts threads or processes, and give each a name for its own records."""
    original = owner.start

    @functools.wraps(original)
    def start(self: Any) -> None:
        target = getattr(self, "_target", None)
        home = getattr(target, "__module__", None) or type(self).__module__
        if not home.startswith(("multiprocessing", "concurrent.futures.process")):
            self.handbook_id = f"{process_id()}.{next(_actors):03}"
            code = getattr(target, "__name__", type(self).__name__)
            plain = [given for given in getattr(self, "_args", ()) if isinstance(given, PLAIN)]
            told = [repr(given) for given in plain]
            new = {"who": self.handbook_id, "actor": self.name, "kind": kind, "code": code}
            record("created", by=actor_id(), arguments=told, **new)
            if kind == "thread":
                self.run = functools.partial(run_watched, self.run, self)
        original(self)

    owner.start = start


def run_watched(run: Callable[..., None], actor: Any) -> None:
    """Record that a thread or process runs, and how it ends."""
    record("runs")
    error = ""
    try:
        run()
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        record("ends", text=error, id=f"{actor.handbook_id}#end")


def run_process(process: Any) -> None:
    """Stand in for the process's own run: what crosses to a new interpreter is pickled."""
    if hasattr(process, "handbook_id"):
        run_watched(functools.partial(_run, process), process)
    else:
        _run(process)


def end_main() -> None:
    """Record that the main thread is through, before Python joins the other threads."""
    if process_id() == "main" and next(_records):
        record("ends")


def watch_wait(owner: type, method: str, cause: Callable[[Any], Cause]) -> None:
    """Record that the snippet waits in `method`, and what let it go on."""
    original = getattr(owner, method)

    @functools.wraps(original)
    def wait(self: Any, *arguments: Any, **options: Any) -> Any:
        if not by_snippet():
            return original(self, *arguments, **options)
        record("waits")
        try:
            return original(self, *arguments, **options)
        finally:
            record("runs", **cause(self))

    setattr(owner, method, wait)


def ended(actor: Any) -> Cause:
    """Return the end of `actor` as a cause; nothing while it is alive (join has a timeout)."""
    known = getattr(actor, "handbook_id", None)
    return {"after": [f"{known}#end"], "by": known} if known and not actor.is_alive() else {}


def set_watched(event: threading.Event) -> None:
    """Stand in for Event.set."""
    if by_snippet():
        event.handbook_cause = record("sets")
    _set(event)


def meet(barrier: threading.Barrier, timeout: float | None = None) -> int:
    """Stand in for Barrier.wait: all go on when the last has come."""
    if not by_snippet():
        return _meet(barrier, timeout)
    come = vars(barrier).setdefault("handbook_come", [])
    come += record("waits").get("after", [])
    try:
        return _meet(barrier, timeout)
    finally:
        record("runs", after=come[-barrier.parties :])


class WatchedLock:
    """Stands in for threading.Lock where the snippet makes one."""

    def __new__(cls) -> Any:
        return super().__new__(cls) if by_snippet() else _Lock()

    def __init__(self) -> None:
        self._lock = _Lock()
        self._given: Cause = {}

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        taken = self._lock.acquire(blocking=False)
        if not taken and blocking:
            record("queues", text="Lock")
            taken = self._lock.acquire(timeout=timeout)
        if taken:
            record("takes", text="Lock", **self._given)
        elif blocking:
            record("runs")
        return taken

    def release(self) -> None:
        self._given = record("gives", text="Lock")
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


_set, threading.Event.set = threading.Event.set, set_watched
_meet, threading.Barrier.wait = threading.Barrier.wait, meet
_run, BaseProcess.run = BaseProcess.run, run_process
threading.Lock = WatchedLock
watch_start(threading.Thread, "thread")
watch_start(BaseProcess, "process")
watch_wait(threading.Thread, "join", ended)
watch_wait(BaseProcess, "join", ended)
watch_wait(threading.Event, "wait", lambda event: getattr(event, "handbook_cause", {}))
threading._register_atexit(end_main)
# A shell's background jobs inherit an ignored Ctrl+C; a snippet must see the usual one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "HANDBOOK_SWITCH" in os.environ:  # seconds, from handbook.stress
    sys.setswitchinterval(float(os.environ["HANDBOOK_SWITCH"]))
faulthandler.dump_traceback_later(DEADLINE, exit=True)
sys.stdout = Recorder()
