"""The names of Python's clocks, which show virtual time while a play runs.

What is put in their place asks for the clock of the play that runs now.  So a name that
a module has taken for good (`from time import monotonic`) follows each play, and is
Python's own outside of plays.  process_time and thread_time stay real: computing
takes no virtual time.
"""

from __future__ import annotations

import datetime as dates
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from proven.stage.clock.cost import SECOND
from proven.stage.clock.line import Clock
from proven.stage.clock.real import KEPT
from proven.stage.process.shared import frames, types

EPOCH = 1_767_258_000 * SECOND
"""2026-01-01 09:00:00 UTC, in nanoseconds since 1970: when each play begins."""

_MOST = (1 << 63) / SECOND
"""Seconds from which on Python refuses to sleep."""

_running: list[Clock] = []


def running() -> Clock | None:
    """Return the clock of the play that runs now."""
    return _running[-1] if _running else None


def hand_over(clock: Clock) -> None:
    """Let `clock` be that of the play that runs now: a fork has one of its own."""
    _running[-1] = clock


def _wall() -> int:
    clock = running()
    return clock.read_ns(EPOCH) if clock else KEPT["time_ns"]()


def sleep(seconds: Any, /) -> None:
    """Stand in for time.sleep."""
    clock = running()
    if clock is None:
        KEPT["sleep"](seconds)
        return
    if not (isinstance(seconds, int | float) and 0 <= seconds < _MOST):
        # Python's own says what is wrong with it, or takes an odd number.
        KEPT["sleep"](seconds if not hasattr(seconds, "__index__") else min(0, seconds))
        seconds = seconds.__index__()
    clock.meter.charge()
    clock.sleep(seconds)


def localtime(seconds: Any = None, /) -> time.struct_time:
    """Stand in for time.localtime."""
    return KEPT["localtime"](_or_now(seconds))


def gmtime(seconds: Any = None, /) -> time.struct_time:
    """Stand in for time.gmtime."""
    return KEPT["gmtime"](_or_now(seconds))


def ctime(seconds: Any = None, /) -> str:
    """Stand in for time.ctime."""
    return KEPT["ctime"](_or_now(seconds))


def asctime(*moment: Any) -> str:
    """Stand in for time.asctime."""
    return KEPT["asctime"](*(moment or (localtime(),)))


def strftime(form: str, *moment: Any) -> str:
    """Stand in for time.strftime."""
    return KEPT["strftime"](form, *(moment or (localtime(),)))


def clock_gettime_ns(which: int, /) -> int:
    """Stand in for time.clock_gettime_ns."""
    real: int = KEPT["clock_gettime_ns"](which)
    clock = running()
    if clock is None or which in _REAL_CLOCKS:
        return real
    return clock.read_ns(EPOCH if which == time.CLOCK_REALTIME else 0)


def clock_gettime(which: int, /) -> float:
    """Stand in for time.clock_gettime."""
    real: float = KEPT["clock_gettime"](which)
    clock = running()
    if clock is None or which in _REAL_CLOCKS:
        return real
    return clock.read(EPOCH if which == time.CLOCK_REALTIME else 0)


def _or_now(seconds: Any) -> Any:
    return _wall() / SECOND if seconds is None else seconds


_REAL_CLOCKS = {
    getattr(time, name, None) for name in ("CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID")
}


def _reading(name: str, epoch: int) -> Callable[[], float]:
    original = KEPT[name]

    if name.endswith("_ns"):

        def read() -> float:
            clock = running()
            return clock.read_ns(epoch) if clock else original()

    else:

        def read() -> float:
            clock = running()
            return clock.read(epoch) if clock else original()

    read.__name__ = read.__qualname__ = name
    return read


_FUNCTIONS: dict[str, Any] = {
    **{name: _reading(name, EPOCH) for name in ("time", "time_ns")},
    **{
        name + end: _reading(name + end, 0)
        for name in ("monotonic", "perf_counter")
        for end in ("", "_ns")
    },
    **{
        function.__name__: function
        for function in (sleep, localtime, gmtime, ctime, asctime, strftime)
    },
    **{
        function.__name__: function
        for function in (clock_gettime, clock_gettime_ns)
        if function.__name__ in KEPT
    },
}
NAMES = {
    name: frames.InC("time", function, KEPT[name].__doc__) for name, function in _FUNCTIONS.items()
}
_BY_ORIGINAL = {id(KEPT[name]): replacement for name, replacement in NAMES.items()}
_TAKEN = ("timeit", "threading", "queue", "sched", "subprocess", "selectors", "socketserver")
"""Modules of Python itself that keep such names as their own."""


@contextmanager
def shown(clock: Clock) -> Iterator[None]:
    """Let the program see `clock`, in whatever way it asks for the time."""
    _running.append(clock)
    before = [
        (module, name, value)
        for module in (time, *(sys.modules[name] for name in _TAKEN if name in sys.modules))
        for name, value in vars(module).items()
        if id(value) in _BY_ORIGINAL
    ]
    for module, name, value in before:
        setattr(module, name, _BY_ORIGINAL[id(value)])
    _show_dates()
    try:
        yield
    finally:
        _running.remove(clock)
        for module, name, value in before:
            setattr(module, name, value)


def _show_dates() -> None:
    """Let datetime and date ask the clock: classes of C, whose own dicts are changed."""
    if getattr(dates.datetime.now, "__func__", None) is _now_of:
        return
    for kind, name, method in (
        (dates.datetime, "now", _now_of),
        (dates.datetime, "utcnow", _utcnow_of),
        (dates.date, "today", _today_of),
        (dates.datetime, "today", _today_of),
    ):
        if name in vars(kind):
            types.replace(kind, name, classmethod(method))


_now, _utcnow = (vars(dates.datetime)[name] for name in ("now", "utcnow"))
_today = vars(dates.date)["today"]


_UTCNOW = (
    "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. "
    "Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC)."
)
"""What Python says of it where it is called; its own would name this file."""


def _moment(kind: Any, zone: Any) -> Any:
    seconds, rest = divmod(_wall(), SECOND)
    return kind.fromtimestamp(seconds, zone).replace(microsecond=rest // 1000)


def _now_of(kind: Any, tz: Any = None) -> Any:
    return _now.__get__(None, kind)(tz) if running() is None else _moment(kind, tz)


def _utcnow_of(kind: Any) -> Any:
    if running() is None:
        return _utcnow.__get__(None, kind)()
    if sys.version_info >= (3, 12):
        # The stage's own frame doesn't count.
        warnings.warn(_UTCNOW, DeprecationWarning, stacklevel=1)
    return _moment(kind, dates.UTC).replace(tzinfo=None)


def _today_of(kind: Any) -> Any:
    if running() is None:
        return _today.__get__(None, kind)()
    return (
        _moment(kind, None)
        if issubclass(kind, dates.datetime)
        else kind.fromtimestamp(_wall() // SECOND)
    )


for _function, _name in ((_now_of, "now"), (_utcnow_of, "utcnow"), (_today_of, "today")):
    _function.__name__, _function.__qualname__ = _name, f"datetime.{_name}"
