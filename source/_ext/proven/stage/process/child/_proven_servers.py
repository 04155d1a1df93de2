"""Tells of the servers of multiprocessing whether they do something: forkservers and managers.

Who waits for them is told where it waits; a server itself can wake nobody unless it is asked.
"""

from __future__ import annotations

import os

from _proven_frames import back, is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LISTENS = {
    ("selectors.py", "select"): (("selectors.py",), ("forkserver.py", "main")),
    ("threading.py", "wait"): (("threading.py",), ("managers.py", "serve_forever")),
    ("socket.py", "accept"): (("socket.py", "connection.py"), ("managers.py", "accepter")),
    ("connection.py", "_recv"): (("connection.py",), ("managers.py", "serve_client")),
}
"""Where a server waits to be asked: the innermost frame, files of the next ones, who calls them."""


def place(frame: Any) -> tuple[str, str]:
    """Return file and function at which a frame stands; of none empty ones."""
    code = frame and frame.f_code
    return (os.path.basename(code.co_filename), code.co_name) if code else ("", "")


def listens(frame: Any) -> bool:
    """Tell whether a thread at `frame` waits to be asked for something."""
    files, caller = _LISTENS.get(place(frame), ((), ("", "")))
    while frame is not None and (is_own(frame) or place(frame)[0] in files):
        frame = back(frame)
    return bool(files) and place(frame) == caller


def serves(frame: Any) -> bool:
    """Tell whether a thread at `frame` does what a process has asked a manager for."""
    while frame is not None and place(frame) != ("managers.py", "serve_client"):
        frame = back(frame)
    return frame is not None


def is_at_lock(frame: Any) -> bool:
    """Tell whether a manager's thread waits for a lock of C, which has no frame, without limit."""
    if place(frame) != ("managers.py", "serve_client"):
        return False
    function, args = (frame.f_locals.get(name) for name in ("function", "args"))
    lock = getattr(function, "__self__", None)
    wanted = getattr(function, "__name__", "") == "acquire" and tuple(args or ()) in ((), (True,))
    return wanted and repr(lock).startswith("<locked")


def end_of(frame: Any) -> Any:
    """Return the process for whose end a thread at `frame` waits, if a forkserver started it."""
    while frame is not None and place(frame)[0] in ("selectors.py", "connection.py"):
        frame = back(frame)
    if place(frame) != ("popen_forkserver.py", "poll") or frame.f_locals.get("timeout", 0) == 0:
        return None
    popen = frame.f_locals["self"]
    while frame is not None and place(frame)[0] != "process.py":
        frame = back(frame)
    return frame and not _has_come(popen.sentinel) and frame.f_locals.get("self")


def _has_come(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 0)[0])


def watch_forkserver(module: Any, might_last: Any) -> None:
    """Let a forkserver tell that it waits to be asked."""
    original = module.main

    def main(*arguments: Any, **options: Any) -> None:
        with might_last():
            original(*arguments, **options)

    module.main = main
