"""Modules of the recorder that plays on the virtual clock use, too.

The recorder imports nothing of this package, so they stand with it, and it finds them by their
own names.
"""

import sys
from pathlib import Path

_CHILD = str(Path(__file__).with_name("child"))
sys.path.append(_CHILD)

import _proven_addresses as addresses  # noqa: E402 - the path comes first
import _proven_deadlock as deadlock  # noqa: E402 - the path comes first
import _proven_errors as errors  # noqa: E402 - the path comes first
import _proven_frames as frames  # noqa: E402 - the path comes first
import _proven_locks as locks  # noqa: E402 - the path comes first
import _proven_outside as outside  # noqa: E402 - the path comes first
import _proven_queues as queues  # noqa: E402 - the path comes first
import _proven_record as record  # noqa: E402 - the path comes first
import _proven_tasks as tasks  # noqa: E402 - the path comes first
import _proven_threads as threads  # noqa: E402 - the path comes first
import _proven_types as types  # noqa: E402 - the path comes first

sys.path.remove(_CHILD)

__all__ = [
    "addresses",
    "deadlock",
    "errors",
    "frames",
    "locks",
    "outside",
    "queues",
    "record",
    "tasks",
    "threads",
    "types",
]
