"""Tells who waits at a pipe, or for a process, by what Linux knows of it: no frame shows that.

So does a process without the recorder, as its standard output goes into a pipe that the program
reads, or it is no Python, and a thread that waits in C.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _proven_waits import Row

_WAITS = {"pipe_write": "room in a pipe", "pipe_read": "what comes through a pipe"}
"""By where in the kernel it is (fs/pipe.c)."""
_FOR_PROCESS = ("do_wait", "the end of a process")
_ALARM = 1 << 13
"""SIGALRM among the signals of a process: it may wake at a moment that nobody else knows."""


def _pipe_of(descriptor: int, pid: int | str = "self") -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except OSError:
        return ""


def of_the_play(descriptor: int) -> bool:
    """Tell whether only processes of this play can let something come by it."""
    pipe = _pipe_of(descriptor)
    return pipe == "anon_inode:[pidfd]" or (pipe[:5] == "pipe:" and not _is_open_outside(pipe))


def await_end(native: int) -> None:
    """Wait until the system has no such thread: Python warns of a fork beside any that it has."""
    for _ in range(100):
        if not os.path.exists(f"/proc/self/task/{native}"):
            return
        time.sleep(0.001)


def switched(pid: int) -> str:
    """Return how often the first thread of a process was switched: if at all, it did something."""
    lines = _read(pid, "status").splitlines()
    return " ".join(line for line in lines if line.startswith(("voluntary", "nonvoluntary")))


def at_pipe(pid: int) -> list[Row]:
    """Return the row of a process of one thread that can't go on by itself; [] if it may."""
    caught = _read(pid, "status").partition("SigCgt:")[2].split()[:1]
    if _threads(pid) != 1 or not caught or int(caught[0], 16) & _ALARM:
        return []
    what = waits_in_c(pid)
    return [("a process", what, "", 0)] if what else []


def waits_in_c(task: int | str) -> str:
    """Return what a process, or a thread of this one (self/task/…), waits for; "" if unknown."""
    place = _read(task, "wchan")
    if place == _FOR_PROCESS[0]:
        return _FOR_PROCESS[1]
    what = next((what for end, what in _WAITS.items() if place.endswith(end)), "")
    # proc_pid_syscall(5): the call's number, then its arguments; the first is the descriptor.
    call = _read(task, "syscall").split()
    pipe = _pipe_of(int(call[1], 16), task) if what and len(call) > 1 else ""
    return what if pipe and not _is_open_outside(pipe) else ""


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


def _read(pid: int | str, name: str) -> str:
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
