"""Stand-ins for the locks that the program itself makes: they record who waits, takes and gives.

Python's own are types of C, whose methods nobody can watch.
"""

from __future__ import annotations

import _thread
import threading

from _proven_deadlock import might_last
from _proven_frames import InC, getframe
from _proven_record import Here, by_program, record, thread_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _proven_record import Cause

_make_lock: Any = threading.Lock
_make_rlock: Any = threading.RLock


class _Named(type):
    """Tells the name that Python's own lock has; what Python itself says is in the class."""

    # Looks like the class that it stands in for.
    # A type of its own has a name of its own.
    __name__ = property(lambda cls: cls.__qualname__)  # type: ignore[assignment]


class WatchedLock(metaclass=_Named):
    """A lock that records what happens to it, and in all else is the one behind it.

    holder: the thread that has it, None if nobody has; depth: how often it has it.
    """

    __slots__ = ("__weakref__", "_given", "_lock", "depth", "holder")
    kind = "Lock"

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._given: Cause = {}
        self.holder: Any = None
        self.depth = 0

    @property
    def __class__(self) -> Any:
        return type(self._lock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lock, name)

    def __repr__(self) -> str:
        return repr(self._lock)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._lock.__reduce_ex__(protocol)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, as the one behind it does."""
        if not blocking or (timeout < 0 and timeout != -1):
            taken = self._lock.acquire(blocking, timeout)
            if taken:
                self._take()
            return taken
        taken = self._lock.acquire(False)
        if not taken:
            record("queues", text=self.kind)
            with might_last():
                taken = WatchedLock.wait(self, timeout)
        if taken:
            self._take()
        else:
            record("runs")
        return taken

    def wait(self, timeout: float) -> bool:
        """Take the lock that is behind it, within seconds if they aren't negative."""
        return bool(self._lock.acquire(True, timeout))

    def release(self) -> None:
        """Give the lock back, as the one behind it does."""
        self._give()
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _take(self) -> None:
        self.depth += 1
        if self.depth == 1:
            self.holder = thread_now()
            record("takes", text=self.kind, **self._given)

    def _give(self) -> None:
        if self.depth == 1:
            self.holder = None
            # Before: then nobody can have taken it by now.
            self._given = record("gives", text=self.kind)
        self.depth -= self.depth > 0


class WatchedRLock(WatchedLock):
    """A lock that its holder may take again; a condition may lay it down for a while."""

    __slots__ = ()
    kind = "RLock"

    def release(self) -> None:
        """Give the lock back; RuntimeError if the caller hasn't got it."""
        if self._lock._is_owned():
            self._give()
        self._lock.release()

    def _release_save(self) -> Any:
        depth, self.depth = self.depth, 1
        self._give()
        return depth, self._lock._release_save()

    def _acquire_restore(self, saved: Any) -> None:
        depth, state = saved
        self._lock._acquire_restore(state)
        self._take()
        self.depth = depth


# What Python says of an attribute that isn't there names the type.
for _type, _made in ((WatchedLock, _make_lock()), (WatchedRLock, _make_rlock())):
    _type.__module__, _type.__qualname__ = type(_made).__module__, type(_made).__qualname__
    vars(type)["__name__"].__set__(_type, f"{_type.__module__}.{_type.__qualname__}")


def _stand_in(name: str, make: Any, watched: type[WatchedLock]) -> Any:
    """Return what stands in for `make`: a function or, as since 3.13 for locks, a type.

    It is pickled as threading's `name`, and so found again in another process.
    """

    def made(*_: Any) -> Any:
        lock = make()
        return watched(lock) if by_program() else lock

    if not isinstance(make, type):
        made.__module__, made.__name__, made.__qualname__ = "threading", name, name
        return made

    class Kind(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, make)

    return Kind(name, (), {"__new__": made, "__module__": "threading", "__qualname__": name})


def _allocate_lock() -> Any:
    """Stand in for _thread.allocate_lock: importing calls it, too, on behalf of the program."""
    lock = _make_lock()
    # Beyond what stands in for a function of C.
    caller = getframe(2).f_code.co_filename
    return WatchedLock(lock) if caller.startswith(Here.snippets) else lock


_allocate_lock.__name__ = _thread.allocate_lock.__name__
allocate_lock = InC("_thread", _allocate_lock, _thread.allocate_lock.__doc__)
Lock = _stand_in("Lock", _make_lock, WatchedLock)
RLock = _stand_in("RLock", _make_rlock, WatchedRLock)
