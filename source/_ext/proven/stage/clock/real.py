"""Python's own clocks, kept before anything takes their place."""

import time

sleep = time.sleep
time_ns = time.time_ns
monotonic = time.monotonic
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
