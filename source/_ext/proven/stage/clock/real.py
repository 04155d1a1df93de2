"""Python's own clocks and frames, kept before anything takes their place."""

import sys
import time

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
