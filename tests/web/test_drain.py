"""Proofs for source/web/drain.md."""

from __future__ import annotations

import asyncio
import io
import select
import socket
import ssl
import sys
import threading
import tracemalloc
from asyncio import StreamReader, StreamWriter, sslproto
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from proven.stage import perform, play

from tests.ways import ways
from tests.web.connections import LEAVES, PAIRS, Pair, tcp_pair

Side = Callable[[StreamReader, StreamWriter], Awaitable[None]]
MUCH = 20_000_000
"""Bytes: more than the operating system's buffers take."""
PIECES = {"ten KB": 10_000, "100 KB": 100_000, "1 MB": 1_000_000, "all": MUCH}
LIMITS = {"default": None, "1 KB": 1000, "1 MB": 1_000_000}


def anonymous_tls(side: int) -> ssl.SSLContext:
    """Return what makes TLS without a certificate, which no test can keep for long."""
    context = ssl.SSLContext(side)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


def connect(serve: Side, use: Side, tls: bool = False, **options: Any) -> float:
    """Connect a client that does `use` to a server that does `serve`; return when both ended.

    options: of the server.  TLS has timers of its own, to which the virtual clock would leap
    while data is on its way: the clock is the real one then, and 0 is returned.
    """
    client = {}
    if tls:
        options["ssl"] = anonymous_tls(ssl.PROTOCOL_TLS_SERVER)
        client["ssl"] = anonymous_tls(ssl.PROTOCOL_TLS_CLIENT)

    async def main() -> None:
        served = asyncio.Event()

        async def answer(reader: StreamReader, writer: StreamWriter) -> None:
            try:
                await serve(reader, writer)
            finally:
                writer.close()
                served.set()

        server = await asyncio.start_server(answer, "127.0.0.1", 0, **options)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **client)
        await use(reader, writer)
        await served.wait()
        writer.close()
        server.close()

    if tls:
        asyncio.run(main())
        return 0
    return perform(main).elapsed


async def reads_late(reader: StreamReader, writer: StreamWriter) -> None:
    """Begin to read at second 5 and read all."""
    await asyncio.sleep(5)
    assert len(await reader.read()) == MUCH


@pytest.mark.always("drain-bounds-memory")
@pytest.mark.always("drain-waits-for-reader")
@ways(piece=PIECES, high=LIMITS)
def test_drain_bounds_the_buffer(piece: int, high: int | None) -> None:
    trace = play("web/drain_fixed")
    assert trace.find("server: over 10 MB in memory: False")
    assert trace.at("server: wrote all of the 20 MB") == 5
    most = last = at = 0.0

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal most, last, at
        loop = asyncio.get_running_loop()
        start = loop.time()
        if high is not None:
            writer.transport.set_write_buffer_limits(high=high)
        last = writer.transport.get_write_buffer_limits()[1]
        for _ in range(MUCH // piece):
            writer.write(bytes(piece))
            most = max(most, writer.transport.get_write_buffer_size())
            await writer.drain()
        at = loop.time() - start

    connect(serve, reads_late)
    assert 0 < most <= last + piece
    assert at == pytest.approx(5, abs=0.1)


@pytest.mark.always("drain-write-keeps-in-memory")
@pytest.mark.always("drain-close-flushes")
@ways(piece=PIECES, high=LIMITS)
def test_write_keeps_all(piece: int, high: int | None) -> None:
    trace = play("web/drain_broken")
    assert trace.find("server: over 10 MB in memory: True")
    assert trace.at("server: wrote all of the 20 MB") == 0
    assert trace.find(f"client: got {MUCH:_}")
    kept, at = 0, 1.0

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal kept, at
        loop = asyncio.get_running_loop()
        start = loop.time()
        if high is not None:
            writer.transport.set_write_buffer_limits(high=high)
        for _ in range(MUCH // piece):
            writer.write(bytes(piece))
        kept, at = writer.transport.get_write_buffer_size(), loop.time() - start

    connect(serve, reads_late)
    assert at < 1, "nobody read before second 5"
    assert kept > MUCH // 2


@pytest.mark.always("drain-tls-close-is-limited")
@ways(limit={"by default": None, "an hour": 3600, "short": 0.05})
def test_with_tls_close_gives_up(limit: float | None) -> None:
    # no mutant: в примерах соединение без TLS
    options = {} if limit is None else {"ssl_shutdown_timeout": limit}
    received, ends = 0, list[str]()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        transport: Any = writer.transport
        assert transport._ssl_protocol._ssl_shutdown_timeout == (limit or 30)
        writer.write(bytes(MUCH))
        writer.close()
        closing.set()
        try:
            await writer.wait_closed()
            ends.append("sent")
        except TimeoutError:
            ends.append("gave up")
        closed.set()

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal received
        await (closed if limit == 0.05 else closing).wait()
        received = len(await reader.read())

    closing, closed = asyncio.Event(), asyncio.Event()
    connect(serve, use, tls=True, **options)
    assert ends == ["gave up" if limit == 0.05 else "sent"]
    assert (received < MUCH) is (limit == 0.05)


def sent_of_one_buffer(tls: bool) -> bool:
    """Send pieces from one buffer, each after `drain`; return whether they came as they were."""
    pieces = [bytes([number]) * 100_000 for number in range(100)]
    received = b""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        file, buffer = io.BytesIO(b"".join(pieces)), bytearray(100_000)
        while file.readinto(buffer):
            writer.write(buffer)
            await writer.drain()

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal received
        await asyncio.sleep(0 if tls else 5)
        received = await reader.read()

    connect(serve, use, tls)
    assert len(received) == len(pieces) * 100_000
    return received == b"".join(pieces)


@pytest.mark.sometimes("drain-buffer-is-not-copied")
def test_a_buffer_changed_too_early_is_sent_changed() -> None:
    # no mutant: на Python 3.11, где ломают доказательства, буфер копируется
    copies = sys.version_info < (3, 12)
    assert sent_of_one_buffer(tls=True), "what was encrypted is a copy"
    assert sent_of_one_buffer(tls=False) is copies

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        buffer = bytearray(MUCH)
        writer.write(buffer)
        if copies:
            buffer.clear()
        else:
            with pytest.raises(BufferError):
                buffer.clear()

    connect(serve, reads_late)
    assert (taken_by_one_object() > MUCH // 2) is copies


def taken_by_one_object() -> int:
    """Return how much memory the buffer takes for one `bytes` that is written again and again."""
    taken = 0

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal taken
        piece = bytes(100_000)
        tracemalloc.start()
        for _ in range(MUCH // len(piece)):
            writer.write(piece)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    connect(serve, reads_late)
    return taken


@pytest.mark.always("drain-after-writelines")
@ways(lines={"1": 1, "10": 10})
def test_drain_waits_after_writelines_but_for_some_versions(lines: int) -> None:
    # no mutant: в примерах writelines нет
    version = sys.version_info[:3]
    waits = not ((3, 12) <= version < (3, 12, 9) or (3, 13) <= version < (3, 13, 2))
    most = last = 0

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal most, last
        last = writer.transport.get_write_buffer_limits()[1]
        for _ in range(MUCH // 100_000 // lines):
            writer.writelines([bytes(100_000)] * lines)
            most = max(most, writer.transport.get_write_buffer_size())
            await writer.drain()

    connect(serve, reads_late)
    assert (most <= last + lines * 100_000) is waits


@pytest.mark.always("drain-writelines-empty-end")
@ways(
    before={"nothing": [], "a line": [b"a"], "much": [bytes(100_000)] * 10},
    end={"empty": (b"", b""), "full": (b"z", b""), "a write follows": (b"", b"z")},
)
def test_an_empty_last_line_keeps_the_connection_open(
    before: list[bytes], end: tuple[bytes, bytes]
) -> None:
    # no mutant: в примерах writelines нет
    line, written = end
    hangs = (3, 12) <= sys.version_info < (3, 14, 8) and not line and not written
    count = len(b"".join([*before, line, written]))

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        writer.writelines([*before, line])
        await writer.drain()
        writer.write(written)
        writer.close()
        await received.wait()
        closing = asyncio.create_task(writer.wait_closed())
        for _ in range(1000):
            await asyncio.sleep(0)
        assert closing.done() is not hangs
        writer.transport.abort()
        await closing

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        assert len(await reader.readexactly(count)) == count
        received.set()
        assert not await reader.read()

    received = asyncio.Event()
    connect(serve, use)


@pytest.mark.sometimes("drain-close-unread")
@ways(reads={"all": True, "not all": False})
def test_close_with_something_unread_resets_the_connection(reads: bool) -> None:
    # no mutant: в примерах страницы клиент ничего не присылает
    ours, theirs = tcp_pair()

    async def main() -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        await asyncio.sleep(0)
        if not reads:
            writer.transport.pause_reading()  # as a StreamReader does that has enough
        theirs.sendall(b"request")
        if reads:
            await reader.readexactly(7)
        assert reads or select.select([ours.fileno()], [], [], 10)[0]
        writer.write(b"answer")
        writer.close()
        await writer.wait_closed()

    def ends() -> str:
        try:
            while theirs.recv(100):
                pass
        except ConnectionResetError:
            return "reset"
        return "end"

    asyncio.run(main())
    with theirs:
        theirs.settimeout(10)
        assert ends() == ("end" if reads else "reset")


@pytest.mark.sometimes("drain-many-writers")
@ways(tasks={"three": 3, "ten": 10})
def test_each_of_many_writers_adds_a_piece(tasks: int) -> None:
    # no mutant: в примерах в соединение пишет одна задача
    most = high = 0
    piece = 100_000

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        async def write() -> None:
            nonlocal most
            for _ in range(MUCH // piece // tasks):
                writer.write(bytes(piece))
                most = max(most, writer.transport.get_write_buffer_size())
                await writer.drain()

        nonlocal high
        high = writer.transport.get_write_buffer_limits()[1]
        await asyncio.gather(*(write() for _ in range(tasks)))

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        await asyncio.sleep(5)
        await reader.read()

    connect(serve, use)
    assert most > high + piece


def limits_without_tls() -> tuple[int, int]:
    limits = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        limits.append(writer.transport.get_write_buffer_limits())

    connect(serve, serve)
    here, there = limits
    assert here == there
    return here


def limits_with_tls() -> tuple[int, int]:
    async def main() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context()
        # Every connection with TLS goes through it.
        protocol: Any = sslproto.SSLProtocol(
            loop, asyncio.Protocol(), context, loop.create_future(), server_hostname="localhost"
        )
        transport = protocol._get_app_transport()
        low, high = transport.get_write_buffer_limits()
        transport.close()
        return low, high

    return asyncio.run(main())


LIMITS_OF = {"without TLS": (limits_without_tls, 65_536), "with TLS": (limits_with_tls, 524_288)}


@pytest.mark.always("drain-default-limits")
@ways(limits_of=LIMITS_OF)
def test_the_default_limits(limits_of: tuple[Callable[[], tuple[int, int]], int]) -> None:
    # no mutant: в примерах границы не меняют
    limits, high = limits_of
    assert limits() == (high // 4, high)


@pytest.mark.always("drain-does-not-yield")
@ways(size={"nothing": 0, "little": 100, "below the limit": 60_000}, times={"once": 1, "often": 5})
def test_drain_does_not_yield(size: int, times: int) -> None:
    # no mutant: в примерах буфер переполнен
    turns = 0

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        async def others() -> None:
            nonlocal turns
            turns += 1

        other = asyncio.create_task(others())
        for _ in range(times):
            writer.write(bytes(size // times))
            await writer.drain()
        assert turns == 0
        await other
        assert turns == 1

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()

    connect(serve, use)
    asyncio.run(between_the_limits())


async def between_the_limits() -> None:
    """`drain` yields after an overflow until the buffer is down to the lower limit."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, writer = await asyncio.open_connection(sock=ours)
    transport, loop = writer.transport, asyncio.get_running_loop()
    transport.set_write_buffer_limits(high=1_000_000, low=1000)
    while transport.get_write_buffer_size() <= 1_000_000:
        writer.write(bytes(100_000))
    while transport.get_write_buffer_size() > 700_000:
        await loop.sock_recv(theirs, 10_000)
    assert transport.get_write_buffer_size() > 1000
    drained = asyncio.create_task(writer.drain())
    await asyncio.sleep(0)
    assert not drained.done()
    while transport.get_write_buffer_size():
        await loop.sock_recv(theirs, 10_000)
    await drained
    turns: list[int] = []
    loop.call_soon(turns.append, 1)
    await writer.drain()
    assert not turns
    while not transport.get_write_buffer_size():
        writer.write(bytes(100_000))
    writer.close()
    await writer.drain()
    assert turns, "drain yields once the connection is being closed"
    transport.abort()
    theirs.close()


def received_after_close(pair: Pair, waits: bool) -> int:
    """Return how many bytes of `MUCH` come when the program ends right after `close()`."""
    ours, theirs = pair()
    begin = threading.Event()

    async def main() -> None:
        _, writer = await asyncio.open_connection(sock=ours)
        writer.write(bytes(MUCH))
        writer.close()
        if waits:
            begin.set()
            await writer.wait_closed()

    with ThreadPoolExecutor(1) as pool, theirs:

        def read() -> int:
            begin.wait()
            return sum(map(len, iter(lambda: theirs.recv(1_000_000), b"")))

        reading = pool.submit(read)
        asyncio.run(main())
        ours.close()  # as the end of the program does
        begin.set()
        return reading.result()


@pytest.mark.always("drain-close-needs-the-loop")
@pytest.mark.filterwarnings("ignore")
@ways(pair=PAIRS)
def test_the_rest_is_lost_without_the_loop(
    pair: Pair,
) -> None:
    # no mutant: в примерах программа дожидается клиента
    assert received_after_close(pair, waits=True) == MUCH
    assert received_after_close(pair, waits=False) < MUCH


def tells_of_its_loss(pair: Pair) -> None:
    async def main() -> None:
        ours, theirs = pair()
        reader, writer = await asyncio.open_connection(sock=ours)
        theirs.close()
        told: list[BaseException] = []
        while len(told) < 3:  # the first may still be on its way
            writer.write(b"into the void")
            try:
                await writer.drain()
            except (ConnectionResetError, BrokenPipeError) as error:
                told.append(error)
            await asyncio.sleep(0.001)
        writer.close()
        assert reader

    asyncio.run(main())


async def closes_with_an_error(writer: StreamWriter) -> None:
    writer.close()
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        await writer.wait_closed()


@pytest.mark.always("drain-tells-of-loss")
@pytest.mark.always("drain-wait-closed-tells-too")
@ways(waits={"in drain": True, "before drain": False}, end=LEAVES)
def test_drain_tells_of_the_loss(waits: bool, end: Callable[[StreamWriter], None]) -> None:
    # no mutant: в примерах соединение никто не обрывает
    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        if waits:
            writer.write(bytes(MUCH))
        else:
            await asyncio.sleep(10)
            while not writer.transport.is_closing():
                writer.write(bytes(MUCH))
                await asyncio.sleep(0.1)
        for _ in range(2):
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                await writer.drain()
            writer.write(b"into the void")
        await closes_with_an_error(writer)

    async def closes(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(bytes(MUCH))
        await closes_with_an_error(writer)

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        await asyncio.sleep(5)
        end(writer)

    connect(serve, use)
    connect(closes, use)
    for pair in PAIRS.values():
        tells_of_its_loss(pair)


@pytest.mark.sometimes("drain-after-own-close")
def test_after_its_own_close_a_writer_loses_data() -> None:
    # one way: a witness
    # no mutant: в примерах после close() не пишут
    got: list[bytes] = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"all")
        writer.close()
        writer.write(b" and more")
        with pytest.raises(ConnectionResetError, match="Connection lost"):
            await writer.drain()

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        got.append(await reader.read())

    connect(serve, use)
    assert got == [b"all"]


@pytest.mark.sometimes("drain-first-after-loss")
def test_the_first_drain_after_the_loss_may_tell_nothing() -> None:
    # one way: a witness
    async def main() -> list[str]:
        ours, theirs = tcp_pair()
        reader, writer = await asyncio.open_connection(sock=ours)
        theirs.close()
        await reader.read()  # the end of the other side's data has come
        told = []
        for _ in range(2):
            writer.write(b"into the void")
            try:
                await writer.drain()
                told.append("nothing")
            except ConnectionError:
                told.append("loss")
            while not writer.transport.is_closing():
                writer.write(b"more")
                await asyncio.sleep(0)
        writer.close()
        return told

    assert asyncio.run(main()) == ["nothing", "loss"]


@pytest.mark.sometimes("drain-tls-waiting-returns")
@ways(end=LEAVES)
def test_with_tls_a_drain_that_waits_may_tell_nothing(end: Callable[[StreamWriter], None]) -> None:
    # no mutant: в примерах соединение без TLS
    # Which of the two the system tells first isn't ours to force.
    assert any(told_by_drains(end) == ["nothing", "loss"] for _ in range(20))


def told_by_drains(end: Callable[[StreamWriter], None]) -> list[str]:
    """Return what the drain that waits at the end told with TLS, and one that did."""
    told = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(bytes(MUCH))
        waits.set()
        while "loss" not in told:
            try:
                await writer.drain()
                told.append("nothing")
            except ConnectionError:
                told.append("loss")
            writer.write(b"into the void")
            await asyncio.sleep(0.001)

    async def use(reader: StreamReader, writer: StreamWriter) -> None:
        await waits.wait()
        await asyncio.sleep(0)
        end(writer)

    waits = asyncio.Event()
    connect(serve, use, tls=True)
    return sorted(set(told), reverse=True)


@pytest.mark.always("drain-tells-of-silence")
@ways(waits={"in drain": True, "before drain": False})
def test_drain_tells_that_nobody_answers(waits: bool) -> None:
    # no mutant: в примерах связь не пропадает
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("only Linux lets a program say how long to wait for acknowledgements")

    async def main() -> None:
        ours, theirs = tcp_pair()
        # Nobody reads the other end: its system takes no more, and what was sent stays unconfirmed.
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 50)
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(bytes(MUCH))
        if not waits:
            with suppress(TimeoutError):
                await writer.wait_closed()
        for _ in range(2):
            with pytest.raises(TimeoutError) as told:
                await writer.drain()
            assert isinstance(told.value, OSError)
            assert not isinstance(told.value, ConnectionError)
        assert reader
        writer.close()
        theirs.close()

    asyncio.run(main())


@pytest.mark.always("drain-timeout-keeps-data")
@ways(seconds={"one": 1, "four": 4}, high=LIMITS)
def test_a_timeout_keeps_the_data(seconds: float, high: int | None) -> None:
    # no mutant: в примерах у drain нет срока
    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        if high is not None:
            writer.transport.set_write_buffer_limits(high=high)
        writer.write(bytes(MUCH))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await writer.drain()
        assert writer.transport.get_write_buffer_size() > MUCH // 2

    connect(serve, reads_late)
