"""Python's own clocks and frames, kept before anything takes their place."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

sleep = time.sleep
time_ns = time.time_ns
monotonic = time.monotonic
getframe, current_frames = sys._getframe, sys._current_frames
KEPT = {
    name: getattr(time, name)
    for name in (
        "time",
        "time_ns",
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "sleep",
        "localtime",
        "gmtime",
        "strftime",
        "ctime",
        "asctime",
        "clock_gettime",
        "clock_gettime_ns",
    )
    if hasattr(time, name)
}


@contextmanager
def patched(patches: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set attributes, each given as owner, name and value, and put back what there was.

    unittest.mock does this, too; but all that the zygote loads each fork has to copy.
    """
    before = []
    try:
        for owner, name, value in patches:
            before.append((owner, name, name in vars(owner), vars(owner).get(name)))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, was_there, value in reversed(before):
            if was_there:
                setattr(owner, name, value)
            else:
                delattr(owner, name)
