"""Records what a thread or process snippet prints.

The stage puts this folder on PYTHONPATH, so that Python itself installs the
recorder in the snippet's process and in every process that it starts, with
fork, spawn or forkserver alike.  Each whole line becomes one JSON record, and
appending it is one write: lines of different threads and processes never mix.
"""

import faulthandler
import io
import json
import multiprocessing
import os
import sys
import threading
import time

EVENTS = os.environ["HANDBOOK_EVENTS"]
DEADLINE = float(os.environ["HANDBOOK_DEADLINE"])


class Recorder(io.TextIOBase):
    """A text stream that turns each printed line into a record of the events file."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._parts: dict[int, str] = {}

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        thread = threading.get_ident()
        *lines, rest = (self._parts.get(thread, "") + text).split("\n")
        self._parts[thread] = rest
        for line in lines:
            record(line)
        return len(text)

    def flush(self) -> None:
        # Python flushes at exit: an unfinished last line must not get lost.
        for thread, rest in list(self._parts.items()):
            if rest:
                self._parts[thread] = ""
                record(rest)


def record(text: str) -> None:
    """Append one line with its second and its actor."""
    process = multiprocessing.current_process()
    thread = threading.current_thread()
    main = thread is threading.main_thread()
    event = {
        "time": time.monotonic(),
        "actor": process.name if main else thread.name,
        "text": text,
    }
    data = json.dumps(event).encode() + b"\n"
    file = os.open(EVENTS, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, data)
    finally:
        os.close(file)


faulthandler.dump_traceback_later(DEADLINE, exit=True)
sys.stdout = Recorder()
