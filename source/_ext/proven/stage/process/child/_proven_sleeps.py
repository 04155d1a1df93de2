"""Keeps what the time would be if nothing but waiting took any: so ties of threads are seen.

Each thread begins at the moment of who started it; a sleep adds its seconds, and who goes on
because of another thread has at least that one's moment.
"""

from __future__ import annotations

import functools
import sys
import threading
import time

from _proven_frames import InC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_local = threading.local()
UNKNOWN = float("nan")
"""The moment of who goes on by what isn't known here, as a timer of a loop: no tie is seen then."""


def now() -> tuple[float, bool]:
    """Return the calling thread's moment, and whether it is there because a sleep ended then."""
    return getattr(_local, "now", (0.0, False))


def slept(seconds: float) -> None:
    """Take note that the calling thread has slept for seconds."""
    _local.now = (round(now()[0] + seconds, 6), True)


def follow(moment: float, waited: bool) -> None:
    """Take note that the calling thread goes on because of what happened at `moment`.

    waited: whether it would have waited for that, had it come earlier.
    """
    if moment > now()[0] or (waited and moment == now()[0]) or moment != moment:
        _local.now = (moment, False)


def install() -> None:
    """Watch time.sleep."""
    if sys.version_info >= (3, 13):
        sys.addaudithook(_hear)
    elif not _shows_frames():
        # Python doesn't tell of its sleeps.
        original = time.sleep

        def sleep(seconds: Any, /) -> None:
            original(seconds)
            _hear("time.sleep", (seconds,))

        time.sleep = InC("time", sleep, original.__doc__)


def _hear(event: str, arguments: Any) -> None:
    if event == "time.sleep" and isinstance(arguments[0], int | float) and arguments[0] > 0:
        slept(arguments[0])


def watch_work(module: Any) -> None:
    """Let the work of pools begin at the moment of who asks for it, or when its thread is free.

    Who gets the result goes on at the moment at which it was there.
    """
    item, futures = module._WorkItem, module._base.Future
    make, run, get = item.__init__, item.run, futures.result

    @functools.wraps(make)
    def made(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        self.future.handbook_at = now()[0]

    @functools.wraps(run)
    def runs(self: Any, *arguments: Any) -> None:
        future = self.future
        follow(future.handbook_at, waited=True)
        future.add_done_callback(_is_done)
        run(self, *arguments)

    @functools.wraps(get)
    def result(self: Any, timeout: float | None = None) -> Any:
        try:
            return get(self, timeout)
        finally:
            if self.done():
                follow(getattr(self, "handbook_at", -1.0), waited=True)

    item.__init__, item.run, futures.result = made, runs, result


def _is_done(future: Any) -> None:
    future.handbook_at = now()[0]


def watch_timers(module: Any) -> None:
    """Take note that a loop's thread goes on by its timer: when isn't known exactly."""

    def run(self: Any) -> None:
        _local.now = (UNKNOWN, False)
        module.Handle._run(self)

    module.TimerHandle._run = run


def _shows_frames() -> bool:
    """Tell whether the program may see the very frame that sleeps, as signal handlers do."""
    try:
        with open(sys.orig_argv[-1], "rb") as file:
            text = file.read()
    except OSError:
        return True
    return b"signal" in text or b"faulthandler" in text
