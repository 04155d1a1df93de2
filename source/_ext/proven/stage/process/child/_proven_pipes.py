"""Tells of a process without the recorder whether it waits at a pipe, by what Linux knows of it.

Its standard output goes into a pipe that the program reads, or it is no Python.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _proven_waits import Row

_WAITS = {"pipe_write": "room in a pipe", "pipe_read": "what comes through a pipe"}
"""By where in the kernel it is (fs/pipe.c)."""


def _pipe_of(descriptor: int, pid: int | str = "self") -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except OSError:
        return ""


def of_process(descriptor: int) -> bool:
    """Tell whether a descriptor of this process stands for another one, and tells of its end."""
    return _pipe_of(descriptor) == "anon_inode:[pidfd]"


def switched(pid: int) -> str:
    """Return how often the first thread of a process was switched: if at all, it did something."""
    lines = _read(pid, "status").splitlines()
    return " ".join(line for line in lines if line.startswith(("voluntary", "nonvoluntary")))


def at_pipe(pid: int) -> list[Row]:
    """Return the row of a process of one thread that waits at a pipe; [] if it doesn't."""
    what = next((what for end, what in _WAITS.items() if _read(pid, "wchan").endswith(end)), "")
    # proc_pid_syscall(5): the call's number, then its arguments; the first is the descriptor.
    call = _read(pid, "syscall").split()
    if not what or len(call) < 2 or _threads(pid) != 1:
        return []
    pipe = _pipe_of(int(call[1], 16), pid)
    return [("a process", what, "", 0)] if pipe and not _is_open_outside(pipe) else []


def _is_open_outside(pipe: str) -> bool:
    """Tell whether a process of elsewhere has `pipe`, too, as the stage has that of stderr."""
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if os.getsid(pid) == os.getsid(0):
                continue
            descriptors = map(int, os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
        if any(_pipe_of(descriptor, pid) == pipe for descriptor in descriptors):
            return True
    return False


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _read(pid: int, name: str) -> str:
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
