"""Keeps what the time would be if nothing but waiting took any: so ties of threads are seen.

Each thread begins at the moment of who started it; a sleep adds its seconds, and who goes on
because of another thread has at least that one's moment.
"""

from __future__ import annotations

import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_local = threading.local()


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
    if moment > now()[0] or (waited and moment == now()[0]):
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

        # Pools pickle it by these names.
        sleep.__module__, sleep.__qualname__, sleep.__doc__ = "time", "sleep", original.__doc__
        time.sleep = sleep


def _hear(event: str, arguments: Any) -> None:
    if event == "time.sleep" and isinstance(arguments[0], int | float) and arguments[0] > 0:
        slept(arguments[0])


def _shows_frames() -> bool:
    """Tell whether the program may see the very frame that sleeps, as signal handlers do."""
    try:
        with open(sys.orig_argv[-1], "rb") as file:
            text = file.read()
    except OSError:
        return True
    return b"signal" in text or b"faulthandler" in text
