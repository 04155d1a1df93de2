"""Notices that a program turns to the outside world, where time is real.

Sockets of the program itself, to and from its own servers, need no time; but who waits at one in
vain waits really.
"""

from __future__ import annotations

import functools
import os
import re
import select
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from proven.stage.clock import real
from proven.stage.clock.blocked import all_sockets
from proven.stage.process.shared import frames

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
    *("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"),
)
_STARTERS = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.popen_forkserver",
    "multiprocessing.synchronize",
    "faulthandler",
)
"""Modules whose import tells of a process, of whose start Python itself doesn't tell, or of what is
done in C at a real moment."""
_REALLY = {
    signal: ("setitimer", "alarm", "pause", "sigwait", "sigwaitinfo", "sigtimedwait"),
    sys: ("addaudithook",),
}
"""Functions that wait for a signal, let one come at a real moment, or hear what the stage does."""
_AT_SOCKETS = (
    *("accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg"),
    *("recvmsg_into", "send", "sendall", "sendto", "sendmsg"),
)
_SELECTORS = ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector")
_REAL = "which are real"
_STAGE = str(Path(__file__).parents[1])
_BY_IS = re.compile(rb"\btype\(.*\) is\b|\bis (not )?float\b")
_OWN_NAMES = (None, "", b"", "localhost", b"localhost", "ip6-localhost")
setitimer, _add_hook = signal.setitimer, sys.addaudithook
"""Python's own, for the stage itself."""
_here = threading.local()
_refuse: Callable[[str], object] = len
"""Called with a reason; before it is known, it does nothing."""


def install(refuse: Callable[[str], object]) -> None:
    """Call `refuse` with the reason as soon as the program does such a thing."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import" and arguments[0] in _STARTERS:
            event = arguments[0]
        elif event == "open":
            # It is a file here, and would be emptied.
            event = str(arguments[0])
        elif event == "exec" and _compares_types(file := arguments[0].co_filename):
            refuse(f"{os.path.basename(file)} compares types by `is`, and no reading is a float")
        if not (event in _OUTSIDE or event in _STARTERS or event.startswith("socket.")):
            return
        if getattr(_here, "asking", False):
            return
        _here.asking = True
        try:
            why = _reason(event, arguments)
        finally:
            _here.asking = False
        if why:
            refuse(at_line(f"uses {why}"))

    global _refuse
    _refuse = refuse
    _add_hook(hook)


def prepare() -> None:
    """Put in place what takes note, once installed, that the program waits for a real moment.

    Meanwhile the clock stands still.
    """
    for module, names in _REALLY.items():
        for name in filter(functools.partial(hasattr, module), names):
            _replace(module, name, functools.partial(_use, f"{module.__name__}.{name}"))
    _replace(select, "select", functools.partial(_select, select.select))
    for name in filter(functools.partial(hasattr, select), ("poll", "epoll", "devpoll")):
        _replace(select, name, functools.partial(_Polling, getattr(select, name)))
    for name in filter(functools.partial(hasattr, socket.socket), _AT_SOCKETS):
        _watch_socket(name)
    for name in filter(functools.partial(hasattr, selectors), _SELECTORS):
        _watch_selector(getattr(selectors, name))


def _replace(module: Any, name: str, use: Callable[..., Any]) -> None:
    def call(*arguments: Any, **options: Any) -> Any:
        return use(*arguments, **options)

    call.__name__ = name
    setattr(module, name, frames.InC(module.__name__, call, getattr(module, name).__doc__))


def _use(what: str, *_: Any, **__: Any) -> None:
    _refuse(at_line(f"uses {what}"))


def _select(wait: Callable[..., Any], *arguments: Any) -> tuple[list[Any], list[Any], list[Any]]:
    found: tuple[list[Any], list[Any], list[Any]] = wait(*arguments)
    if not any(found) and arguments[-1] > 0:
        _refuse(at_line(f"has waited by select for {arguments[-1]:g} s, {_REAL}"))
    return found


class _Polling:
    """An object that polls, and tells when it has waited for nothing."""

    def __init__(self, make: Any, *arguments: Any) -> None:
        self._polls = make(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._polls, name)

    def poll(self, timeout: Any = None, *more: Any) -> Any:
        found = self._polls.poll(timeout, *more)
        if not found and timeout:
            _refuse(at_line("has waited by poll for a while, which was real"))
        return found


def _watch_socket(name: str) -> None:
    original = getattr(socket.socket, name)

    @functools.wraps(original)
    def wait(connection: Any, *arguments: Any) -> Any:
        try:
            return original(connection, *arguments)
        except TimeoutError:
            _refuse(at_line(f"has waited at a socket for {connection.gettimeout()} s, {_REAL}"))
            raise

    setattr(socket.socket, name, wait)


def _watch_selector(owner: Any) -> None:
    original = owner.select

    @functools.wraps(original)
    def wait(selector: Any, timeout: float | None = None) -> Any:
        found = original(selector, timeout)
        in_vain = not found and timeout and timeout > 0
        # The stage itself waits so for a moment, and then looks who can go on.
        if in_vain and not real.getframe(1).f_code.co_filename.startswith(_STAGE):
            _refuse(at_line(f"has waited in a selector for {timeout:g} s, {_REAL}"))
        return found

    owner.select = wait


def rest() -> None:
    """Let this thread do what it likes: the program is over."""
    _here.asking = True


def _compares_types(file: str) -> bool:
    """Tell whether a module of the program's own does: in the main one that is taken care of."""
    main = getattr(sys.modules.get("__main__"), "__file__", "")
    path, folder = Path(file), os.path.dirname(main)
    if file == main or not file.startswith(f"{folder}/") or not path.is_file():
        return False
    return _BY_IS.search(path.read_bytes()) is not None


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
    for descriptor, _, one in all_sockets():
        with suppress(OSError):
            bound = one.getsockname()
            bound = bound[1] if isinstance(bound, tuple) else bound
            if bound == wanted and wanted and descriptor != connection.fileno():
                return True
    return False


def at_line(what: str) -> str:
    """Return `what` the program does, with the line where it does so."""
    return f"line {line()} {what}" if line() else f"it {what}"


def line() -> int:
    """Return the line of the main program that runs in this thread; 0 if none does."""
    frame: Any = real.getframe(2)
    main = getattr(sys.modules.get("__main__"), "__file__", "")
    while frame:
        if frame.f_code.co_filename == main:
            return int(frame.f_lineno)
        frame = frame.f_back
    return 0
