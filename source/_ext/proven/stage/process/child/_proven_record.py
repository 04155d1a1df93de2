"""Writes records: who did what, and after what.

Each record is one marshalled dictionary, and appending it is one write: records of
different threads and processes never mix.  A record had to come later than those
that its `after` names.
"""

from __future__ import annotations

import importlib.machinery
import itertools
import marshal
import os
import sys
import threading
import time

from _proven_frames import getframe
from _proven_sleeps import follow, now

# Modules that the program doesn't load take time, and aren't there without the recorder.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Cause = dict[str, Any]
    """What a record comes after, and whose doing that was."""

EVENTS = os.environ.get("HANDBOOK_EVENTS", "")
PROGRAM = os.environ.get("HANDBOOK_PROGRAM", "")
MOST = 1000
"""Records after which a process only tells its lines: nobody draws more."""

_records = itertools.count()
_foreign = itertools.count(1)
_local = threading.local()


class Here:
    """This process: the id and the name that it writes under, unless multiprocessing gave it one.

    until: the process object that a plain os.fork took over from its parent; snippets: the
    folder of the program; sink: takes the records instead, on the virtual clock; ran_out: hears
    there of real seconds that were waited in vain.
    """

    id = os.environ.pop("HANDBOOK_MAIN", "") or f"@{os.getpid()}"
    name = "python " + " ".join(sys.orig_argv[1:]).partition("\n")[0]
    until: Any = None
    snippets = os.path.join(os.environ.get("HANDBOOK_FOLDER", ""), "")
    sink: Callable[[str, dict[str, Any]], Cause] | None = None

    @staticmethod
    def ran_out(seconds: float) -> None:
        """Do nothing: where all is real, so is that."""


def _multiprocessing() -> Any:
    """Return multiprocessing's object of this process, None before that is imported."""
    module = sys.modules.get("multiprocessing.process")
    process = getattr(module, "_current_process", None)
    return None if process is Here.until else process


def process_id() -> str:
    """Return the name under which this process writes its records."""
    own_id = getattr(_multiprocessing(), "handbook_id", None)
    return own_id or Here.id


def process_name() -> str:
    """Return what Python calls this process."""
    process = _multiprocessing()
    if Here.id == "main" or hasattr(process, "handbook_id"):
        return process.name if process is not None else "MainProcess"
    return Here.name


def thread_now() -> Any:
    """Return the calling thread's object without making one for a thread of _thread's."""
    # Private, so typeshed lacks it.
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    if thread is None:
        if not hasattr(_local, "thread"):
            _local.thread = threading.Thread.__new__(threading.Thread)
            _local.thread._name = f"Dummy-{next(_foreign)}"
        return _local.thread
    return thread


def actor_id() -> str:
    """Return the name under which the calling thread writes its records."""
    thread = thread_now()
    # Private, so typeshed lacks it.
    if thread is threading._main_thread:  # type: ignore[attr-defined]
        return process_id()
    return getattr(thread, "handbook_id", f"{process_id()}.{thread._name}")


def author() -> dict[str, Any]:
    """Return who calls, as records tell it; slept: the moment at which its sleep has ended."""
    thread = thread_now()
    # Private, so typeshed lacks it.
    main = thread is threading._main_thread  # type: ignore[attr-defined]
    moment, by_sleep = now()
    return {
        "who": actor_id(),
        "actor": process_name() if main else thread._name,
        "kind": "process" if main else "thread",
        "program": PROGRAM,
        "slept": moment if by_sleep and moment == moment else -1.0,
    }


def record(what: str, **more: Any) -> Cause:
    """Append a record of the caller; return what makes another record come after it."""
    if Here.sink:
        return Here.sink(what, more)
    # Of two who want a free lock either may be the first.
    follow(more.pop("at", -1.0), waited=what != "takes")
    number = next(_records)
    if number > MOST and what not in ("prints", "created", "ends", "raised", "deadlock"):
        return {"at": now()[0]}
    id = f"{process_id()}#{number}"
    event = {"id": id, "what": what, "time": time.monotonic(), **author(), **more}
    try:
        # Opened anew each time: a program may close all files, or fork.
        file = os.open(EVENTS, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return {}  # Too many are open.
    try:
        os.write(file, marshal.dumps(event))
    finally:
        os.close(file)
    return {"after": [event["id"]], "by": event["who"], "at": now()[0]}


def by_program(depth: int = 2) -> bool:
    """Tell whether the program itself called the caller: how libraries work isn't shown."""
    frame: Any = getframe(depth)
    # A dataclass calls its factories from code that has no file; what imports is <frozen …>.
    while frame and frame.f_code.co_filename == "<string>":
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(Here.snippets)


_awaited: dict[str, Callable[[Any], None]] = {}
_find: Any = vars(importlib.machinery.PathFinder)["find_spec"].__func__


def when_imported(name: str, then: Callable[[Any], None]) -> None:
    """Call `then` with module `name`, now or right after its import."""
    if name in sys.modules:
        then(sys.modules[name])
    else:
        _awaited[name] = then
        finder: Any = importlib.machinery.PathFinder
        finder.find_spec = classmethod(_find_spec)


def _find_spec(finder: Any, name: str, path: Any = None, target: Any = None) -> Any:
    """Find a module as Python does, but let one that is awaited be changed once it is loaded."""
    spec: Any = _find(finder, name, path, target)
    then = _awaited.pop(name, None)
    if spec is None or then is None:
        return spec
    load = spec.loader.exec_module

    def exec_module(module: Any) -> None:
        load(module)
        del spec.loader.exec_module
        then(module)

    spec.loader.exec_module = exec_module
    return spec
