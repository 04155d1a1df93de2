"""Connections on this machine, and how the other side leaves one."""

from __future__ import annotations

import socket
from asyncio import StreamWriter
from collections.abc import Callable

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
