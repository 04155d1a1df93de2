"""Proofs for source/web/silent-peer.md."""

from __future__ import annotations

import asyncio
import ctypes
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter, Task
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import SOME, but, only, ways
from tests.web.connections import PAIRS, Line, Pair, tcp_pair

MUCH = 20_000_000
"""Bytes: more than the operating system's buffers take."""
DAY = 24 * 3600
COUNT = 3


Side = Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]
SIDES = {"client": True, "server": False}


async def meet(client: bool, **options: Any) -> Line:
    """Connect a client to a server; this side is that of the client, or of the server."""
    met: asyncio.Future[tuple[StreamReader, StreamWriter]] = asyncio.Future()
    server = await asyncio.start_server(
        lambda *served: met.set_result(served), "127.0.0.1", **options
    )
    opened = await asyncio.open_connection(*server.sockets[0].getsockname())
    served = await met
    server.close()
    return Line(*opened, *served) if client else Line(*served, *opened)


Read = Callable[[StreamReader], Coroutine[Any, Any, bytes]]
READS: dict[str, Read] = {
    "read": lambda reader: reader.read(),
    "read some": lambda reader: reader.read(100),
    "readline": lambda reader: reader.readline(),
    "readexactly": lambda reader: reader.readexactly(10),
    "readuntil": lambda reader: reader.readuntil(b"\n"),
    "async for": lambda reader: reader.__anext__(),
}
LINES = only(READS, "read some", "readline", "readuntil", "async for")
"""Those that end with a line."""

Limit = Callable[[Awaitable[Any]], Coroutine[Any, Any, Any]]


async def _by_timeout(read: Awaitable[Any]) -> Any:
    async with asyncio.timeout(30):
        return await read


async def _by_wait_for(read: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(read, 30)


LIMITS: dict[str, Limit] = {"timeout": _by_timeout, "wait_for": _by_wait_for}


@pytest.mark.always("silent-read-waits")
@ways(read=READS, client=SIDES, said={"nothing": b"", "a line": b"hello\n"}, count=SOME)
def test_a_read_waits_while_the_other_side_is_silent(
    read: Read, client: bool, said: bytes, count: int
) -> None:
    trace = play("web/silent_peer_broken")
    assert trace.at("server: 1 open") == trace.at("server: Bob has left") == 3640

    async def main() -> None:
        lines = [await meet(client) for _ in range(count)]
        for line in lines:
            line.away.write(said)
            assert await line.reader.readexactly(len(said)) == said
        reads = [asyncio.create_task(read(line.reader)) for line in lines]
        await asyncio.sleep(DAY)
        assert not any(task.done() for task in reads)
        for line in lines:
            line.away.close()
        await asyncio.wait(reads)
        print("all have ended")
        for line in lines:
            line.writer.close()
        assert all(task.exception() or not task.result() for task in reads)

    assert perform(main).at("all have ended") == DAY
    serve = load("web/silent_peer_broken").serve
    trace = perform(lambda: sees_its_server_close(serve, DAY))
    assert trace.at("the server has closed") == DAY


async def sees_its_server_close(serve: Side, seconds: float) -> None:
    """Tell when the server closes a connection to which nothing is written after that long."""
    server = await asyncio.start_server(serve, "127.0.0.1")
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    asyncio.get_running_loop().call_later(seconds, writer.write_eof)
    assert await reader.read() == b""
    print("the server has closed")
    writer.close()
    server.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()


async def _leave(server: asyncio.Server) -> None:
    async with server:
        pass


Stop = Callable[[asyncio.Server], Coroutine[Any, Any, None]]
STOPS: dict[str, Stop] = {"wait_closed": _stop, "async with": _leave}


@pytest.mark.always("silent-server-waits")
@ways(stop=STOPS, count=SOME, closes={"each": False, "the server": True})
def test_a_server_waits_for_connections(stop: Stop, count: int, closes: bool) -> None:
    # no mutant: Python 3.11, где ломают доказательства, соединений не ждёт
    waits = sys.version_info >= (3, 12)

    async def main() -> None:
        kept: list[StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1")
        address = server.sockets[0].getsockname()
        clients = [await asyncio.open_connection(*address) for _ in range(count)]
        await asyncio.sleep(1)
        assert len(kept) == count
        stopping = asyncio.create_task(stop(server))
        await asyncio.sleep(DAY)
        assert stopping.done() is not waits
        if closes and sys.version_info >= (3, 13):
            server.close_clients()
        else:
            for writer in kept[1:]:
                writer.close()
            await asyncio.sleep(DAY)
            assert stopping.done() is not waits
            kept[0].close()
        await asyncio.wait_for(stopping, 60)
        for _, writer in clients:
            writer.close()

    perform(main)


async def _serve(server: asyncio.Server) -> None:
    await server.serve_forever()


async def _serve_and_leave(server: asyncio.Server) -> None:
    async with server:
        await server.serve_forever()


@pytest.mark.always("silent-serve-forever-closes", since="3.14")
@ways(
    serve={"alone": _serve, "async with": _serve_and_leave},
    count=SOME,
    left={"nothing": 0, "much": MUCH},
)
def test_a_cancelled_serve_forever_closes_connections(serve: Stop, count: int, left: int) -> None:
    # no mutant: Python 3.11, где ломают доказательства, соединений не закрывает
    async def main() -> None:
        kept: list[StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1")
        address = server.sockets[0].getsockname()
        clients = [await asyncio.open_connection(*address) for _ in range(count)]
        serving = asyncio.create_task(serve(server))
        await asyncio.sleep(1)
        assert len(kept) == count
        for writer in kept:
            writer.write(bytes(left))
        serving.cancel()
        await asyncio.wait({serving}, timeout=60)
        # gh-123720: in these releases it leaves them open.
        closes = sys.version_info >= (3, 14, 7)
        assert serving.done() is (closes and not left)
        assert [writer.is_closing() for writer in kept] == [closes] * count
        if not closes:
            for writer in kept:
                writer.close()
        for reader, writer in clients:
            assert len(await asyncio.wait_for(reader.read(), 60)) == left
            writer.close()
        await asyncio.wait({serving}, timeout=60)
        assert serving.cancelled()

    perform(main)


@pytest.mark.always("silent-deadline-moves")
@ways(limit=LIMITS, read=LINES, client=SIDES, busy={"at once": 0, "busy": 20})
def test_the_deadline_moves_with_each_message(
    limit: Limit, read: Read, client: bool, busy: float
) -> None:
    trace = play("web/silent_peer_fixed")
    assert trace.at("server: Bob: TimeoutError") == 35
    assert trace.at("server: Ann has left") == 40

    async def listen(number: int, reader: StreamReader) -> None:
        heard = 0
        try:
            while True:
                assert await limit(read(reader)) == b"here\n"
                heard += 1
                await asyncio.sleep(busy)
        except TimeoutError:
            print(f"{number} heard {heard}")

    async def main() -> None:
        lines = [await meet(client) for _ in range(COUNT)]
        listening = [asyncio.create_task(listen(*each)) for each in enumerate(readers(lines))]
        for pause in (29, 1, 29, 29):
            await asyncio.sleep(pause)
            for line in lines:
                line.away.write(b"here\n")
        await asyncio.gather(*listening)
        if read is not READS["read some"]:
            await comes_slowly(limit, read, lines[0])
        hang_up(lines)

    trace = perform(main)
    last = 49 + 3 * busy if busy else 88  # when the last reading began
    for number in range(COUNT):
        assert trace.at(f"{number} heard 4") == last + 30


async def comes_slowly(limit: Limit, read: Read, line: Line) -> None:
    """Send a line in pieces, which takes longer than the limit of its reading."""
    reading = asyncio.create_task(limit(read(line.reader)))
    for letter in b"here":
        line.away.write(bytes([letter]))
        await asyncio.sleep(9)
    assert reading.done()
    with pytest.raises(TimeoutError):
        await reading
    line.away.write(b"\n")
    assert await limit(read(line.reader)) == b"here\n"


def readers(lines: list[Line]) -> list[StreamReader]:
    return [line.reader for line in lines]


def hang_up(lines: list[Line]) -> None:
    """Close both ends of each."""
    for line in lines:
        line.hang_up()


@pytest.mark.always("silent-timeout-leaves-open")
@ways(limit=LIMITS, read=READS, client=SIDES)
def test_a_timeout_leaves_the_connection_open(limit: Limit, read: Read, client: bool) -> None:
    async def main() -> None:
        line = await meet(client)
        seen = asyncio.create_task(line.theirs.read())
        with pytest.raises(TimeoutError):
            await limit(read(line.reader))
        await asyncio.sleep(DAY)
        assert not seen.done()
        line.away.write(b"late\n")
        assert await line.reader.readline() == b"late\n"
        line.writer.write(b"answer\n")
        line.writer.close()
        assert await seen == b"answer\n"
        line.away.close()

    perform(main)
    serve = load("web/silent_peer_fixed").serve
    trace = perform(lambda: sees_its_server_close(serve, 100))
    assert trace.at("the server has closed") == 35


@pytest.mark.always("silent-close-waits")
@ways(pair=PAIRS, left={"much": MUCH, "nothing": 0})
def test_close_waits_for_who_does_not_read(pair: Pair, left: int) -> None:
    # no mutant: в примерах в буфере записи ничего не остаётся
    async def main() -> None:
        here, there = pair()
        reader, writer = await asyncio.open_connection(sock=here)
        writer.write(bytes(left))
        writer.close()
        closing = asyncio.create_task(writer.wait_closed())
        await asyncio.sleep(DAY)
        assert closing.done() is (not left)
        assert (here.fileno() == -1) is (not left)
        writer.transport.abort()
        await closing
        assert here.fileno() == -1
        assert not await reader.read()
        there.close()

    perform(main)


@pytest.mark.always("silent-wait-closed-cancelled")
@ways(limit=LIMITS, pair=PAIRS, then={"aborted": True, "left": False})
def test_a_timeout_in_wait_closed_spoils_the_next_one(limit: Limit, pair: Pair, then: bool) -> None:
    # no mutant: в примерах не ждут wait_closed
    async def main() -> None:
        here, there = pair()
        _, writer = await asyncio.open_connection(sock=here)
        writer.write(bytes(MUCH))
        writer.close()
        with pytest.raises(TimeoutError):
            await limit(writer.wait_closed())
        if then:
            writer.transport.abort()
            await asyncio.sleep(1)
        task = asyncio.current_task()
        assert task
        with pytest.raises(asyncio.CancelledError):
            await writer.wait_closed()
        assert not task.cancelling()
        writer.transport.abort()
        there.close()

    perform(main)


@pytest.mark.always("silent-timeout-keeps-data")
@ways(limit=LIMITS, read=but(READS, "async for"), client=SIDES)
def test_a_timeout_keeps_the_data_but_in_read_without_a_number(
    limit: Limit, read: Read, client: bool
) -> None:
    # no mutant: в примерах после срока не читают
    begin = b"" if read is READS["read some"] else b"begin"  # which any bytes would end

    async def main() -> None:
        line = await meet(client)
        asyncio.get_running_loop().call_later(10, line.away.write, begin)
        with pytest.raises(TimeoutError):
            await limit(read(line.reader))
        line.away.write(b"ning\n")
        line.away.close()
        whole = b"ning\n" if read is READS["read"] else begin + b"ning\n"
        assert await read(line.reader) == whole
        line.writer.close()

    perform(main)


# A process on the other side.

ECHO = """
import socket
import sys

peer = socket.socket(fileno=int(sys.argv[1]))
while data := peer.recv(1_000_000):
    peer.sendall(data)
"""


@contextmanager
def held_by_a_process(there: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """Let a process of its own have this end; it sends back what it gets."""
    number = there.fileno()
    command = [sys.executable, "-c", ECHO, str(number)]
    with subprocess.Popen(command, pass_fds=[number]) as process:
        there.close()
        try:
            yield process
        finally:
            process.kill()


def freeze(process: subprocess.Popen[bytes]) -> None:
    """Stop a process, and return when it stands."""
    process.send_signal(signal.SIGSTOP)
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])


@pytest.mark.always("silent-frozen-takes")
@ways(pair=PAIRS, size={"little": 10, "100 KB": 100_000}, times={"once": 1, "often": 10})
def test_a_frozen_process_takes_what_is_written(pair: Pair, size: int, times: int) -> None:
    if size * times > 100_000 and pair is not tcp_pair:
        times = 1  # more than the buffers of a local connection take
    assert play("web/silent_peer_ends").ordered("freeze: ping is sent", "freeze: TimeoutError")

    async def main() -> None:
        here, there = pair()
        with held_by_a_process(there) as process:
            reader, writer = await asyncio.open_connection(sock=here)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            freeze(process)
            answer = asyncio.create_task(reader.readexactly(size * times))
            for _ in range(times):
                writer.write(bytes(size))
                await writer.drain()
                await asyncio.sleep(0)
            while writer.transport.get_write_buffer_size():  # noqa: ASYNC110 - drain() tells less
                await asyncio.sleep(0)
            assert not answer.done()
            process.send_signal(signal.SIGCONT)
            assert len(await answer) == size * times
            writer.close()

    asyncio.run(main())


def _close(there: socket.socket) -> None:
    there.close()


def _shut_down(there: socket.socket) -> None:
    there.shutdown(socket.SHUT_WR)


def _killed(there: socket.socket) -> None:
    with held_by_a_process(there):
        pass


Go = Callable[[socket.socket], None]
GOES: dict[str, Go] = {"close": _close, "shutdown": _shut_down, "killed": _killed}


@pytest.mark.always("silent-eof-empty")
@ways(pair=PAIRS, go=GOES, rest={"nothing": b"", "half a line": b"rest"})
def test_reading_at_the_end_gives_nothing_at_once(pair: Pair, go: Go, rest: bytes) -> None:
    assert play("web/silent_peer_ends").at("close: b''") == 1
    turns: list[int] = []

    async def main() -> None:
        here, there = pair()
        reader, writer = await asyncio.open_connection(sock=here)
        writer.write(b"asked")
        assert there.recv(5) == b"asked"  # or its end would reset the connection
        there.sendall(b"last\n" + rest)
        go(there)
        assert await reader.readline() == b"last\n"
        assert await reader.readline() == rest  # though it's no whole line
        asyncio.get_running_loop().call_soon(turns.append, 1)
        for _ in range(3):
            assert await reader.read() == await reader.read(100) == await reader.readline() == b""
            for read in READS["readexactly"], READS["readuntil"]:
                with pytest.raises(IncompleteReadError):
                    await read(reader)
        assert not turns
        await asyncio.sleep(0)
        assert turns
        writer.close()
        there.close()

    asyncio.run(main())


def _linger(there: socket.socket) -> None:
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()


def _with_data_unread(there: socket.socket) -> None:
    assert select.select([there], [], [], 10)[0]
    there.close()


RESETS: dict[str, Go] = {"linger": _linger, "unread": _with_data_unread}


@pytest.mark.always("silent-reset-raises")
@ways(reset=RESETS, read=READS, waits={"waiting": True, "data left": False})
def test_reading_tells_of_a_reset(reset: Go, read: Read, waits: bool) -> None:
    assert play("web/silent_peer_ends").at("reset: ConnectionResetError") == 3

    async def main() -> None:
        here, there = tcp_pair()
        reader, writer = await asyncio.open_connection(sock=here)
        writer.write(b"request\n")
        reading: Task[bytes] | None = None
        if waits:
            reading = asyncio.create_task(read(reader))
            await asyncio.sleep(0)
        else:
            there.sendall(b"one\nand 10 bytes more\n")
            assert await reader.readline() == b"one\n"
        reset(there)
        while not reader.exception():  # noqa: ASYNC110 - reading would tell it, and is on trial
            await asyncio.sleep(0)
        with pytest.raises(ConnectionResetError, match="Connection reset by peer"):
            await (reading or read(reader))
        writer.close()

    async def written_after_the_end() -> None:
        here, there = tcp_pair()
        reader, writer = await asyncio.open_connection(sock=here)
        there.sendall(b"one\nand 10 bytes more\n")
        there.close()
        assert await reader.readline() == b"one\n"
        while not reader.exception():
            writer.write(b"ping\n")
            await asyncio.sleep(0)
        with pytest.raises(BrokenPipeError, match="Broken pipe"):
            await read(reader)
        writer.close()

    asyncio.run(main())
    asyncio.run(written_after_the_end())


def keeps_alive(writer: StreamWriter) -> bool:
    sock = writer.get_extra_info("socket")
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))


@pytest.mark.always("silent-keepalive-off")
@ways(client=SIDES, count=SOME)
def test_keepalive_is_off_until_asked_for(client: bool, count: int) -> None:
    # no mutant: в примерах SO_KEEPALIVE не включают
    async def main() -> None:
        lines = [await meet(client) for _ in range(count)]
        for line in lines:
            assert not keeps_alive(line.writer)
            sock = line.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            assert keeps_alive(line.writer)
        hang_up(lines)

    perform(main)


@pytest.mark.always("silent-keepalive-server")
@ways(count=SOME)
def test_a_server_may_keep_alive_what_it_accepts(count: int) -> None:
    # no mutant: Python 3.11, где ломают доказательства, не знает keep_alive
    async def main() -> None:
        lines = [await meet(client=False, keep_alive=True) for _ in range(count)]
        assert all(keeps_alive(line.writer) for line in lines)
        assert not any(keeps_alive(line.away) for line in lines)
        hang_up(lines)

    if sys.version_info >= (3, 13):
        perform(main)
    else:
        with pytest.raises(TypeError, match="keep_alive"):
            perform(main)


def vanish(there: socket.socket) -> None:
    """Drop whatever comes to this end before its system sees it, as a cable does that was cut."""
    take_nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(take_nothing))
    so_attach_filter = 26
    there.setsockopt(socket.SOL_SOCKET, so_attach_filter, program)


def probe_often(here: socket.socket) -> None:
    here.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT:
        here.setsockopt(socket.IPPROTO_TCP, option, 1)


def milliseconds_since(here: socket.socket) -> tuple[int, int]:
    """Return how long ago data was sent, and how long ago anything was confirmed."""
    told = here.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 60)
    sent, _, _, confirmed = struct.unpack_from("IIII", told, 44)
    return sent, confirmed


async def _vanished(read: Read) -> None:
    ends = [tcp_pair(), tcp_pair()]
    for here, there in ends:
        probe_often(here)
        vanish(there)
    (asker, asked), (listener, listened) = [
        await asyncio.open_connection(sock=here) for here, _ in ends
    ]
    asked.write(b"request")
    answer = asyncio.create_task(read(asker))
    with pytest.raises(TimeoutError):
        await read(listener)
    await asyncio.sleep(0)
    assert not answer.done()
    answer.cancel()
    asked.transport.abort()
    listened.close()
    for _, there in ends:
        there.close()


async def _frozen(read: Read) -> None:
    here, there = tcp_pair()
    probe_often(here)
    with held_by_a_process(there) as process:
        reader, writer = await asyncio.open_connection(sock=here)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        freeze(process)
        reading = asyncio.create_task(read(reader))
        sent = confirmed = 0
        while sent - confirmed < 500:  # until a probe is answered, long after the data was
            await asyncio.sleep(0.02)
            sent, confirmed = milliseconds_since(here)
        assert not reading.done()
        reading.cancel()
        writer.close()


@pytest.mark.always("silent-keepalive-frozen")
@pytest.mark.always("silent-keepalive-unconfirmed")
@ways(peer={"vanished": _vanished, "frozen": _frozen})
def test_probes_find_who_vanished_and_not_who_froze(
    peer: Callable[[Read], Coroutine[Any, Any, None]],
) -> None:
    # no mutant: в примерах SO_KEEPALIVE не включают
    if sys.platform != "linux":
        pytest.skip("only Linux lets a program see the probes and drop what comes to a socket")

    async def main() -> None:
        await asyncio.gather(*map(peer, READS.values()))

    asyncio.run(main())


@pytest.mark.always("silent-half-closed")
@ways(client=SIDES, answer={"short": 10, "long": MUCH})
def test_after_write_eof_an_answer_still_comes(client: bool, answer: int) -> None:
    # no mutant: в примерах write_eof нет
    async def main() -> None:
        line = await meet(client)
        line.away.write(b"request")
        line.away.write_eof()
        assert await line.reader.read() == b"request"
        assert await line.reader.read() == b""
        received = asyncio.create_task(line.theirs.read())
        await asyncio.sleep(DAY)
        assert not received.done()
        line.writer.write(bytes(answer))
        await line.writer.drain()
        line.writer.close()
        assert len(await received) == answer
        line.away.close()

    perform(main)
