"""Notices that a program turns to the outside world, where time is real.

Sockets of the program itself, to and from its own servers, need no time.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
from collections.abc import Callable
from typing import Any

from proven.stage.clock import real

_OUTSIDE = (
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.exec",
    "os.system",
    "os.kill",
    "pty.spawn",
    "signal.pthread_kill",
    "sqlite3.connect",
    "os.utime",
)
_STARTERS = ("multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver")
"""Modules whose import tells of a process: of its start Python itself doesn't tell."""
_OWN_NAMES = (None, "", b"", "localhost", b"localhost", "ip6-localhost")
_here = threading.local()


def install(refuse: Callable[[str], object]) -> None:
    """Call `refuse` with the reason as soon as the program does such a thing."""
    main = sys.modules.get("__main__")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import" and arguments[0] in _STARTERS:
            event = arguments[0]
        elif not (event in _OUTSIDE or event.startswith("socket.")):
            return
        if getattr(_here, "asking", False):
            return
        _here.asking = True
        try:
            why = _reason(event, arguments)
        finally:
            _here.asking = False
        if why:
            refuse(f"line {line()} uses {why}" if line() else f"it uses {why}")

    assert main
    sys.addaudithook(hook)


def rest() -> None:
    """Let this thread do what it likes: the program is over."""
    _here.asking = True


def _reason(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "os.kill":
        return "" if arguments[0] == os.getpid() else event
    if event in _OUTSIDE or event in _STARTERS:
        return event
    if event == "socket.getaddrinfo":
        host = arguments[0]
        return "" if host in _OWN_NAMES or _is_literal(host) else f"the name of a host, {host}"
    if event in ("socket.gethostbyname", "socket.gethostbyaddr"):
        return "" if arguments[0] in _OWN_NAMES or _is_literal(arguments[0]) else event
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        connection, address = arguments
        if address is None or _is_own(connection, address):
            return ""
        return f"a peer outside the program, {address}"
    return ""


def _is_literal(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, str(host))
        except OSError:
            continue
        return True
    return False


def _is_own(connection: Any, address: Any) -> bool:
    """Tell whether a socket of this process is bound to the port or path."""
    wanted = address[1] if isinstance(address, tuple) else address
    for descriptor in map(int, os.listdir("/dev/fd")):
        try:
            if descriptor == connection.fileno() or not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            one = socket.socket(fileno=os.dup(descriptor))
        except OSError:
            continue
        with one:
            try:
                bound = one.getsockname()
            except OSError:
                continue
        if (bound[1] if isinstance(bound, tuple) else bound) == wanted and wanted:
            return True
    return False


def line() -> int:
    """Return the line of the main program that runs in this thread; 0 if none does."""
    frame: Any = real.getframe(2)
    main = getattr(sys.modules["__main__"], "__file__", "")
    while frame:
        if frame.f_code.co_filename == main:
            return int(frame.f_lineno)
        frame = frame.f_back
    return 0
