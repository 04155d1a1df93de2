"""Connections on this machine, and how the other side leaves one."""

from __future__ import annotations

import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A connection: what this side has of it, and what the other side has."""

    reader: StreamReader
    writer: StreamWriter
    theirs: StreamReader
    away: StreamWriter

    async def gets(self, count: int) -> int:
        """Read a message of so many bytes on the other side; return its first byte."""
        return (await self.theirs.readexactly(count))[0]

    def hang_up(self) -> None:
        """Close both ends at once."""
        self.writer.transport.abort()
        self.away.transport.abort()


Pair = Callable[[], tuple[socket.socket, socket.socket]]


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        return here, server.accept()[0]


PAIRS: dict[str, Pair] = {"TCP": tcp_pair, "local": socket.socketpair}
LEAVES: dict[str, Callable[[StreamWriter], None]] = {
    "abort": lambda writer: writer.transport.abort(),
    "close": lambda writer: writer.close(),
}
"""How the other side leaves."""
