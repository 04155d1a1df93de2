"""The virtual clock overtakes nothing that is on its way between sockets of the program."""

from __future__ import annotations

import math
import socket
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from proven.stage import perform
from proven.stage.clock.blocked import are_on_their_way, sockets
from proven.stage.trace import NotVirtual, Trace
from proven.stage.virtual import play_virtually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is sent")

# Nobody needs a certificate so; keep() lets the system keep what is sent for 0.2 s.
HEAD = """
import asyncio, socket, ssl, time
def context(side):
    made = ssl.SSLContext(side)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
    return made
SERVER, CLIENT = context(ssl.PROTOCOL_TLS_SERVER), context(ssl.PROTOCOL_TLS_CLIENT)
def keep(one):
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
async def hear(reader, writer):
    try:
        print("heard", await asyncio.wait_for(reader.readexactly(1), 0.1))
    except TimeoutError:
        print("timeout")
    writer.close()
async def say(writer):
    keep(writer.get_extra_info("socket"))
    writer.write(b"x")
"""
STREAMS = """
async def main():
    async with await asyncio.start_server(hear, "127.0.0.1", 0{server}) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port{client})
        await say(writer)
        print(await reader.read())
        writer.close()
"""
KEPT = {
    "by streams": STREAMS.format(server="", client=""),
    "by TLS": STREAMS.format(server=", ssl=SERVER", client=", ssl=CLIENT, server_hostname='peer'"),
    "by TLS begun later": """
async def hear_later(reader, writer):
    writer.write(await reader.readline())
    await writer.start_tls(SERVER)
    await hear(reader, writer)
"""
    + STREAMS.format(server="", client="")
    .replace("hear,", "hear_later,")
    .replace(
        "await say(",
        "writer.write(b'go\\n'); await reader.readline()\n"
        "        await writer.start_tls(CLIENT, server_hostname='peer')\n"
        "        await say(",
    ),
    "by a thread": """
def send(port):
    with socket.create_connection(("127.0.0.1", port)) as one:
        keep(one)
        one.send(b"x")
        print(one.recv(1))
async def main():
    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        await asyncio.to_thread(send, server.sockets[0].getsockname()[1])
""",
    "while the only thread sleeps": """
async def main():
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        other, _ = server.accept()
        other.setblocking(False)
        with one, other:
            keep(one)
            one.send(b"x")
            time.sleep(0.1)
            print("heard", other.recv(1), b"")
""",
}


def played(code: str, folder: Path) -> Trace:
    """Play `code`, which defines main."""
    path = folder / "planted.py"
    path.write_text(f"import asyncio, socket\n{dedent(code)}\nasyncio.run(main())\n")
    return play_virtually("planted", path)


@pytest.mark.parametrize("kind", KEPT)
def test_what_is_on_its_way_comes_first(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system keeps it for a while, as a busy one does."""
    monkeypatch.setattr(sockets, "NOTICEABLE", math.inf)
    program: dict[str, Any] = {}
    exec(HEAD + KEPT[kind], program)
    assert " ".join(perform(program["main"]).lines) == "heard b'x' b''"


@pytest.mark.parametrize("kind", KEPT)
def test_what_the_system_keeps_takes_real_time(kind: str, tmp_path: Path) -> None:
    with pytest.raises(NotVirtual, match=r"planted\.py: the system keeps back what was sent"):
        played(HEAD + KEPT[kind], tmp_path)


def test_two_small_parts_after_one_another_take_real_time(tmp_path: Path) -> None:
    """By Nagle's algorithm the second one waits until the first one is acknowledged, 0.04 s."""
    code = """
    import socket, time
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            one = socket.create_connection(server.getsockname())
            other, _ = server.accept()
            for _ in range(10):
                one.send(b"x"), one.send(b"y")
                time.sleep(0.1)
                print(other.recv(2))
                other.send(b"z"), one.recv(1)
    """
    with pytest.raises(NotVirtual, match=r"planted\.py: the system keeps back what was sent"):
        played(code, tmp_path)


NOT_READ = {
    "nobody reads": """
        async def main():
            async def hear(reader, writer):
                await asyncio.sleep(2)
                print(len(await reader.read()) == 20_000_000)
                writer.close()
            server = await asyncio.start_server(hear, "127.0.0.1", 0, limit=1000)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"x" * 20_000_000)
            try: await asyncio.wait_for(writer.drain(), 1)
            except TimeoutError: print("full")
            writer.write_eof()
            print(await reader.read())
            writer.close()
            server.close()
        """,
    "nobody reads the end": """
        async def main():
            with socket.create_server(("127.0.0.1", 0)) as server:
                with socket.create_connection(server.getsockname()) as one:
                    one.send(b"x" * 100)
                await asyncio.sleep(1)
                print("full")
                other, _ = server.accept()
                await asyncio.sleep(1)
                print(len(other.recv(100)) == 100)
                print(other.recv(1))
        """,
    "nobody accepts": """
        async def main():
            server = socket.create_server(("127.0.0.1", 0))
            reader, writer = await asyncio.open_connection(*server.getsockname())
            writer.write(b"x")
            try: await asyncio.wait_for(reader.read(), 1)
            except TimeoutError: print("full")
            await asyncio.sleep(1)
            other, _ = server.accept()
            print(other.recv(1) == b"x")
            other.close()
            print(await reader.read())
            writer.close()
        """,
}


@pytest.mark.parametrize("kind", NOT_READ)
def test_time_passes_while_nobody_takes_what_has_come(kind: str, tmp_path: Path) -> None:
    trace = played(NOT_READ[kind], tmp_path)
    assert trace.shown() == ["1.0 │ full", "2.0 │ True", "2.0 │ b''"]


def test_datagrams_that_nobody_has_yet_are_on_their_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "softnet_stat"
    monkeypatch.setattr(sockets, "_BACKLOGS", told)
    with closing(socket.socket(type=socket.SOCK_DGRAM)):
        for waiting in ("1", "0"):
            told.write_text(f"{'5 ' * 11}0 0\n{'5 ' * 11}{waiting} 1\n")
            assert are_on_their_way(print) is (waiting == "1")
        told.unlink()
        assert not are_on_their_way(print)
