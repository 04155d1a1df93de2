"""Stand-ins for the locks that the program itself makes: they record who waits, takes and gives.

Python's own are types of C, whose methods nobody can watch.
"""

from __future__ import annotations

import _thread
import threading

from _proven_deadlock import might_last
from _proven_frames import InC
from _proven_record import by_program, record, thread_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _proven_record import Cause

_make_lock: Any = threading.Lock
_make_rlock: Any = threading.RLock
_MOST = threading.TIMEOUT_MAX


class _Type(type):
    """A type of the program's locks that stands in for Python's own.

    Others than the program who call it get what they get of Python's own.
    """

    # Looks like the class that it stands in for.
    # What Python itself says of it is in the class; a type of its own has a name of its own.
    __name__ = property(lambda cls: cls.__qualname__)  # type: ignore[assignment]
    own: Any

    def __call__(cls, *made: Any) -> Any:
        if made:
            return super().__call__(*made)
        lock = cls.own()
        return super().__call__(lock) if by_program() else lock

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.own)


def _asked_for(blocking: Any = True, timeout: Any = -1, *more: Any, **named: Any) -> Any:
    """Return whether it may be waited for, and the seconds; None if Python refuses them."""
    can_be = isinstance(timeout, int | float) and (timeout == -1 or 0 <= timeout <= _MOST)
    return bool(blocking), timeout if can_be and not (more or named) else None


class WatchedLock(metaclass=_Type):
    """A lock that records what happens to it, and in all else is the one behind it.

    own: Python's own type; holder: the thread that has it, None if nobody has;
    depth: how often it has it.
    """

    __slots__ = ("__weakref__", "_given", "_lock", "depth", "holder")
    kind = "Lock"
    own = type(_make_lock())

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

    def acquire(self, *asked: Any, **named: Any) -> bool:
        """Take the lock, as the one behind it does."""
        blocking, timeout = _asked_for(*asked, **named)
        if not (blocking and timeout is not None):
            taken: bool = self._lock.acquire(*asked, **named)
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
    own = type(_make_rlock())

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


def _refuse(cls: type, **_: Any) -> None:
    raise TypeError("type '_thread.lock' is not an acceptable base type")


# Not in the classes' own bodies, as the one is a base of the other.
for _base, _made in ((WatchedLock, _refuse), (WatchedRLock, lambda cls, **_: None)):
    setattr(_base, "__init_subclass__", classmethod(_made))  # noqa: B010 - no one assigns a method
# What Python says of an attribute that isn't there names the type.
for _type in (WatchedLock, WatchedRLock):
    _type.__module__, _type.__qualname__ = _type.own.__module__, _type.own.__qualname__
    vars(type)["__name__"].__set__(_type, f"{_type.__module__}.{_type.__qualname__}")


def _rlock(*_: Any) -> Any:
    lock = _make_rlock()
    return WatchedRLock(lock) if by_program() else lock


# It is pickled by its name, and so found again in another process.
_rlock.__module__, _rlock.__name__, _rlock.__qualname__ = "threading", "RLock", "RLock"


def _allocate_lock() -> Any:
    lock = _make_lock()
    # Beyond what stands in for a function of C.
    return WatchedLock(lock) if by_program(3) else lock


_allocate_lock.__name__ = _thread.allocate_lock.__name__
allocate_lock = InC("_thread", _allocate_lock, _thread.allocate_lock.__doc__)
# Since 3.13 it is the type itself.
Lock = WatchedLock if isinstance(_make_lock, type) else allocate_lock
RLock = _rlock
