"""Whether something is on its way between sockets of the program itself.

What is sent to one's own machine has mostly come before `send` returns.  On a busy one it may take
a while, and so it does if the system waits for more before it sends: then no end has it.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import stat
import struct
import sys
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any

from proven.stage.clock import real

_LISTENS, _ASKS = 10, 2
_MAY_GET = {1, _ASKS, 3, 4, 5}
"""Linux's numbers of the states of a TCP socket; in these more may come."""
_HAS_SAID_ALL = {4, 5, 6, 9, 11}
"""In these it has told the other end that there is no more."""
_SENDS_AT_ONCE = (_socket.TCP_NODELAY, getattr(_socket, "TCP_CORK", 0))
"""The one option that lets small parts be sent at once, the other forbids it."""
_HOW_MUCH_TO_READ = 0x541B
"""Linux's FIONREAD: termios, which has it, isn't loaded without the stage."""
_BACKLOGS = Path("/proc/net/softnet_stat")
"""Linux tells there, a line for each processor, how many packets to itself nobody has yet."""
_PATIENCE = 1.0
"""Real seconds after which an end that nobody has counts as that of another process."""
NOTICEABLE = 0.03
"""Real seconds after which one sees that the system itself waits: it does so for 0.04 at least."""

_of_others: set[int] = set()
"""Numbers of sockets that have nothing to do with networks."""
_since: dict[object, float] = {}
"""Since when the other end of a connection is missing, or what it sends is kept in the system."""


def all_sockets(ignored: Container[int] = ()) -> Iterator[tuple[int, int, Any]]:
    """Yield of this process's sockets the descriptor, the number in the system and a copy.

    ignored: numbers of those that aren't asked for.
    """
    limit = _socket.getdefaulttimeout()
    # It would be set for the original, too.
    _socket.setdefaulttimeout(None)
    try:
        for descriptor in map(int, os.listdir("/dev/fd")):
            try:
                told = os.fstat(descriptor)
                if not stat.S_ISSOCK(told.st_mode) or told.st_ino in ignored:
                    continue
                one = _socket.socket(fileno=os.dup(descriptor))
            except OSError:
                # It is closed by now, as that by which the folder was read.
                continue
            try:
                yield descriptor, told.st_ino, one
            finally:
                one.close()
    finally:
        _socket.setdefaulttimeout(limit)


class _End:
    """One end of a connection: how many bytes it has said, got and not yet read."""

    def __init__(self, one: Any) -> None:
        told = one.getsockopt(_socket.IPPROTO_TCP, _socket.TCP_INFO, 232)
        self.state = told[0]
        # Of one that listens: how many wait to be accepted.
        (self.unread,) = struct.unpack_from("I", told, 24)
        if self.state != _LISTENS:
            asked = fcntl.ioctl(one.fileno(), _HOW_MUCH_TO_READ, bytes(4))
            self.unread = int.from_bytes(asked, sys.byteorder)
        (self.got,) = struct.unpack_from("Q", told, 128)
        (self.unsent,) = struct.unpack_from("I", told, 144)
        sent, again = struct.unpack_from("QQ", told, 200)
        self.sent = sent - again
        (self.window,) = struct.unpack_from("I", told, 228)
        options = (one.getsockopt(_socket.IPPROTO_TCP, name) for name in _SENDS_AT_ONCE)
        self.may_wait = self.unsent > 0 and [*map(bool, options)] != [True, False]

    def lacks(self, other: _End) -> bool:
        """Tell whether it will get more of what the other end has said, whatever it does."""
        has_more = other.unsent or other.state in _HAS_SAID_ALL
        # Who doesn't read what has come may be the one who is waited for.
        has_room = not self.unread or other.window > other.unsent
        return other.sent > self.got or bool(has_more and has_room)


def are_on_their_way(refuse: Callable[[str], object]) -> bool:
    """Tell whether bytes, the beginning or the end of a connection are; only Linux knows.

    refuse: called with the reason if the system keeps something back until a moment of its own.
    """
    if sys.platform != "linux":
        return False
    ends: dict[tuple[int, int], _End] = {}
    accepting: set[int] = set()
    datagrams = False
    for _, number, one in all_sockets(_of_others):
        if one.family not in (_socket.AF_INET, _socket.AF_INET6):
            _of_others.add(number)
            continue
        datagrams |= one.type == _socket.SOCK_DGRAM
        try:
            end, (_, near, *_) = _End(one), one.getsockname()
            if end.state != _LISTENS:
                ends[near, 0 if end.state == _ASKS else one.getpeername()[1]] = end
            elif end.unread:
                accepting |= {near, 0}
        except (OSError, struct.error):
            # Another kind of socket, or one that is about to end, knows nothing of it.
            continue
    on_their_way = datagrams and _wait_in_the_system()
    for (near, far), end in ends.items():
        if end.state not in _MAY_GET:
            continue
        other = ends.get((far, near))
        if other is None:
            # Who has asked is let in later; or the other end is closed, which will be seen here,
            # if it was the program's own.
            is_closed = not end.unread and far not in accepting
            on_their_way |= is_closed and not _lasts((near, far), True, _PATIENCE)
        elif end.lacks(other):
            on_their_way = True
            if _lasts(
                (far, near, other.sent), other.may_wait and other.sent == end.got, NOTICEABLE
            ):
                refuse("the system keeps back what was sent until there is more, as by Nagle")
    return on_their_way


def _lasts(what: object, holds: bool, seconds: float) -> bool:
    """Tell whether it has held for so many real seconds, whenever this was asked."""
    now = real.monotonic()
    since = _since.setdefault(what, now) if holds else _since.pop(what, now)
    return now - since > seconds


def _wait_in_the_system() -> bool:
    try:
        lines = _BACKLOGS.read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    return any(int(part, 16) for line in lines for part in line.split()[11:12])
