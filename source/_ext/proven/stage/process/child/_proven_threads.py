"""Records which threads start, wait, wake others and end, where the program itself does it."""

from __future__ import annotations

import _thread
import functools
import itertools
import threading

from _proven_deadlock import might_last
from _proven_locks import Lock, RLock, WatchedLock, WatchedRLock, allocate_lock
from _proven_record import Here, actor_id, by_program, process_id, record
from _proven_sleeps import slept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _proven_record import Cause

PLAIN = (str, int, float)
LIBRARIES = ("asyncio", "multiprocessing", "concurrent.futures.process")
"""Modules whose own threads aren't shown."""
_numbers = itertools.count(1)


def install() -> None:
    """Watch what the module threading makes."""
    # The recorder's stand in for them.
    threading.Lock, threading.RLock = Lock, RLock  # type: ignore[misc, assignment]
    _thread.allocate_lock = allocate_lock
    # Their types are asked for, and pickled, by these names.
    for name, kind in (("LockType", WatchedLock), ("lock", WatchedLock), ("RLock", WatchedRLock)):
        if hasattr(_thread, name):
            setattr(_thread, name, kind)
    watch_start(threading.Thread, "thread")
    watch_wait(threading.Thread, "join", ended)
    for owner in (threading.Event, threading.Condition):
        watch_wait(owner, "wait", woken)
    watch_wait(threading.Condition, "wait_for", woken)
    for owner, method in (
        (threading.Event, "set"),
        (threading.Condition, "notify"),
        (threading.Condition, "notify_all"),
    ):
        watch_waking(owner, method)
    _watch_barriers()
    _watch_semaphores()
    # Private, so typeshed lacks it.
    threading._register_atexit(_end_main)  # type: ignore[attr-defined]


def watch_start(owner: Any, kind: str) -> None:
    """Record who starts threads or processes, and give each a name for its own records."""
    original = owner.start

    @functools.wraps(original)
    def start(self: Any) -> None:
        target = getattr(self, "_target", None)
        home = getattr(target, "__module__", None) or type(self).__module__
        fresh = not self._started.is_set() if kind == "thread" else self._popen is None
        if fresh and not home.startswith(LIBRARIES):
            self.handbook_id = f"{process_id()}.{next(_numbers):03}"
            code = getattr(target, "__name__", type(self).__name__)
            plain = [value for value in getattr(self, "_args", ()) if isinstance(value, PLAIN)]
            texts = [repr(value) for value in plain]
            new = {"who": self.handbook_id, "actor": self.name, "kind": kind, "code": code}
            self.handbook_at = record("created", by=actor_id(), arguments=texts, **new).get("at", 0)
            if kind == "thread":
                self.run = functools.partial(run_watched, self.run, self)
        original(self)

    owner.start = start


def run_watched(run: Callable[..., None], actor: Any) -> None:
    """Record that a thread or process runs, and how it ends."""
    # The actor must not lead to itself: else only the collector could free it.
    vars(actor).pop("run", None)
    record("runs", at=actor.handbook_at)
    error = ""
    try:
        run()
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        end = record("ends", text=error, id=f"{actor.handbook_id}#end")
        actor.handbook_at = end.get("at", 0)


def watch_wait(owner: Any, method: str, cause: Callable[[Any], Cause]) -> None:
    """Record that the program waits in `method`, and what let it go on."""
    original = getattr(owner, method)

    @functools.wraps(original)
    def wait(self: Any, *arguments: Any, **options: Any) -> Any:
        if not by_program():
            with might_last():
                return _timed(original, self, *arguments, **options)
        record("waits")
        try:
            with might_last():
                return _timed(original, self, *arguments, **options)
        finally:
            record("runs", **cause(self))

    setattr(owner, method, wait)


def _timed(wait: Callable[..., Any], owner: Any, *arguments: Any, **options: Any) -> Any:
    """Wait; if that was in vain, it was a sleep."""
    result = wait(owner, *arguments, **options)
    limit = options.get("timeout", arguments[-1] if arguments else None)
    if isinstance(limit, int | float) and limit > 0:
        if result is False:
            slept(limit)
        elif result is None and owner.is_alive():
            slept(limit)
            Here.ran_out(limit)
    return result


def ended(actor: Any) -> Cause:
    """Return the end of `actor` as a cause; nothing while it is alive (join has a timeout)."""
    id = getattr(actor, "handbook_id", None)
    if not id or actor.is_alive():
        return {}
    return {"after": [f"{id}#end"], "by": id, "at": actor.handbook_at}


def woken(owner: Any) -> Cause:
    """Return who has just set, notified or filled what was waited for."""
    return getattr(owner, "handbook_cause", {})


def watch_waking(owner: Any, method: str) -> None:
    """Record who wakes others by `method`."""
    original = getattr(owner, method)

    @functools.wraps(original)
    def wake(self: Any, *arguments: Any, **options: Any) -> Any:
        if by_program():
            self.handbook_cause = record("sets")
        return original(self, *arguments, **options)

    setattr(owner, method, wake)


def _watch_barriers() -> None:
    original = threading.Barrier.wait

    @functools.wraps(original)
    def meet(barrier: Any, timeout: float | None = None) -> int:
        if not by_program():
            return original(barrier, timeout)
        come = vars(barrier).setdefault("handbook_come", [])
        come.append(record("waits"))
        try:
            return original(barrier, timeout)
        finally:
            # All go on when the last has come.
            latest = come[-barrier.parties :]
            after = [id for each in latest for id in each.get("after", ())]
            record("runs", after=after, at=max(each.get("at", -1.0) for each in latest))

    # The recorder's own stands in for it.
    threading.Barrier.wait = meet  # type: ignore[method-assign]


def _watch_semaphores() -> None:
    owner: Any = threading.Semaphore
    take = owner.acquire

    @functools.wraps(take)
    def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:
        if not by_program():
            return take(self, blocking, timeout)
        kind = type(self).__name__
        taken = take(self, False) if blocking else take(self, False, timeout)
        cause: Cause = {}
        if not taken and blocking:
            record("queues", text=kind)
            with might_last():
                taken = take(self, True, timeout)
            cause = woken(self)
        if taken:
            record("takes", text=kind, **cause)
        elif blocking:
            record("runs")
        return taken

    owner.acquire = owner.__enter__ = acquire
    for kind in (threading.Semaphore, threading.BoundedSemaphore):
        _watch_release(kind, vars(kind)["release"])


def _watch_release(owner: Any, give: Callable[..., None]) -> None:
    @functools.wraps(give)
    def release(self: Any, n: int = 1) -> None:
        if by_program():
            self.handbook_cause = record("gives", text=type(self).__name__)
        give(self, n)

    def leave(self: Any, *_: object) -> None:
        if by_program():
            self.handbook_cause = record("gives", text=type(self).__name__)
        give(self)

    owner.release, owner.__exit__ = release, leave


def _end_main() -> None:
    """Record that the main thread is through, before Python joins the other threads."""
    if process_id() == "main":
        record("ends")
    if threading.active_count() > 1:
        might_last().__enter__()
