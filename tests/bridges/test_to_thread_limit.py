"""Proofs for source/bridges/to-thread-limit.md."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from proven.stage import play

from tests.ways import COUNTS, FAILED, SOME, End, but, ways


def in_loop(job: Callable[[], object]) -> Awaitable[object]:
    return asyncio.get_running_loop().run_in_executor(None, job)


CALLS: dict[str, Callable[[Callable[[], Any]], Awaitable[Any]]] = {
    "to_thread": asyncio.to_thread,
    "run_in_executor(None)": in_loop,
}


@pytest.mark.always("ttl-how-many")
@ways(cores={"1": 1, "2": 2, "28": 28, "64": 64}, call=CALLS)
def test_at_most_so_many_calls_go_at_once(
    cores: int, call: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: число потоков здесь то, что выбирает Python, а примеры задают своё
    name = "process_cpu_count" if sys.version_info >= (3, 13) else "cpu_count"
    monkeypatch.setattr(os, name, lambda: cores)
    most = min(32, cores + 4)
    # So many meet at the barrier; one more could only come if it had a thread.
    inside, together, gate, lock = [0], Barrier(most + 1), Event(), Lock()

    def job() -> None:
        with lock:
            inside[0] += 1
            first = inside[0] <= most
        if first:
            together.wait()
        gate.wait()

    async def main() -> None:
        calls = [asyncio.ensure_future(call(job)) for _ in range(most + 5)]
        await asyncio.sleep(0)  # all have been handed over
        together.wait()
        assert inside == [most]
        gate.set()
        await asyncio.gather(*calls)
        assert inside == [most + 5]

    asyncio.run(main())


@pytest.mark.always("ttl-in-order")
@ways(threads={"1": 1, "3": 3}, waiting=COUNTS)
def test_calls_begin_in_the_order_of_the_queue(threads: int, waiting: int) -> None:
    trace = play("bridges/to_thread_limit_waves", clock="virtual")
    assert trace.lines == [f"page {page}" for page in (1, 2, 3, 4, 5)]
    assert [trace.at(f"page {page}") for page in (1, 2)] == [1.1, 1.2]
    assert [trace.at(f"page {page}") for page in (3, 4)] == [2.4, 2.6]
    begun: list[int] = []
    gate, full = Event(), Barrier(threads + 1)

    def hold() -> None:
        full.wait()
        gate.wait()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(threads))
        calls = [asyncio.create_task(asyncio.to_thread(hold)) for _ in range(threads)]
        await asyncio.sleep(0)
        full.wait()
        one = Lock()

        def note(number: int) -> None:
            with one:
                begun.append(number)

        calls += [asyncio.create_task(asyncio.to_thread(note, n)) for n in range(waiting)]
        await asyncio.sleep(0)
        assert not begun
        gate.set()
        await asyncio.gather(*calls)

    asyncio.run(main())
    if threads == 1:
        assert begun == list(range(waiting))
    assert sorted(begun) == list(range(waiting))


async def full_pool(during: Callable[[], Awaitable[None]], threads: int) -> None:
    """Await `during` while all threads of the default pool are taken."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(threads))
    gate, full = Event(), Barrier(threads + 1)

    def hold() -> None:
        full.wait()
        gate.wait()

    calls = [loop.run_in_executor(None, hold) for _ in range(threads)]
    full.wait()
    try:
        await during()
    finally:
        gate.set()
        await asyncio.gather(*calls)


def resolve() -> Awaitable[Any]:
    return asyncio.get_running_loop().getaddrinfo("localhost", 80)


def name() -> Awaitable[Any]:
    return asyncio.get_running_loop().getnameinfo(("127.0.0.1", 80))


def connect() -> Awaitable[Any]:
    return asyncio.open_connection("localhost", 1)


@pytest.mark.always("ttl-getaddrinfo-waits")
@ways(
    ask={"getaddrinfo": resolve, "getnameinfo": name, "open_connection": connect},
    threads={"1": 1, "4": 4},
)
def test_a_name_is_looked_up_in_the_same_pool(
    ask: Callable[[], Awaitable[Any]], threads: int
) -> None:
    broken = play("bridges/to_thread_limit_shared_broken", clock="virtual")
    assert broken.at("resolve: found True") == 10
    looked_up: list[asyncio.Future[Any]] = []

    async def during() -> None:
        looked_up.append(asyncio.ensure_future(ask()))
        done, _ = await asyncio.wait(looked_up, timeout=0.05)
        assert not done

    async def main() -> None:
        await full_pool(during, threads)
        (answer,) = await asyncio.gather(*looked_up, return_exceptions=True)
        assert answer  # nobody listens at port 1: a refusal is an answer, too

    asyncio.run(main())


@pytest.mark.always("ttl-address-needs-no-thread")
@ways(threads={"1": 1, "4": 4}, written={"IPv4": "127.0.0.1", "IPv6": "::1"})
def test_an_address_needs_no_thread(threads: int, written: str) -> None:
    # no mutant: примеры соединений не открывают
    family = socket.AF_INET6 if ":" in written else socket.AF_INET

    async def during() -> None:
        with socket.socket(family) as listening:
            listening.bind((written, 0))
            listening.listen()
            port = listening.getsockname()[1]
            reader, writer = await asyncio.open_connection(written, port)
            writer.close()
            await writer.wait_closed()
            assert reader

    asyncio.run(full_pool(during, threads))


@pytest.mark.always("ttl-own-pool")
@ways(jobs=SOME)
def test_a_pool_of_ones_own_leaves_the_default_free(jobs: int) -> None:
    fixed = play("bridges/to_thread_limit_shared_fixed", clock="virtual")
    assert fixed.at("resolve: found True") == 0
    assert fixed.at("main: reports are ready") == 10
    gate = Event()

    async def main(own: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        calls = [loop.run_in_executor(own, gate.wait) for _ in range(jobs)]
        assert await asyncio.to_thread(str, 1) == "1"
        gate.set()
        await asyncio.gather(*calls)

    with ThreadPoolExecutor(1) as own:
        asyncio.run(main(own))


ABANDON: dict[str, Callable[[asyncio.Future[Any]], Awaitable[Any]]] = {
    "cancelled": lambda call: asyncio.sleep(0, call.cancel()),
    "wait_for": lambda call: asyncio.wait_for(call, 0),
    "wait": lambda call: asyncio.wait([call], timeout=0),
}
"""How somebody ceases to wait."""


@pytest.mark.always("ttl-abandoned-keeps-thread")
@ways(abandon=ABANDON, call=CALLS)
def test_a_call_that_nobody_awaits_keeps_its_thread(
    abandon: Callable[..., Awaitable[Any]], call: Callable[..., Awaitable[Any]]
) -> None:
    broken = play("bridges/to_thread_limit_timeout_broken", clock="virtual")
    assert broken.lines == ["slow: out of time", "quick: out of time", "slow: answered"]
    assert broken.at("quick: out of time") == 4
    fixed = play("bridges/to_thread_limit_timeout_fixed", clock="virtual")
    assert fixed.at("quick: answered") == 3
    began, gate, ended = Event(), Event(), Event()

    def job() -> None:
        began.set()
        gate.wait()
        ended.set()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        left = asyncio.ensure_future(call(job))
        await asyncio.sleep(0)
        began.wait()
        with suppress(TimeoutError):
            await abandon(left)
        following = asyncio.ensure_future(call(ended.is_set))
        done, _ = await asyncio.wait([following], timeout=0.05)
        assert not done
        gate.set()
        assert await following, "it began when the first had ended"
        await asyncio.wait([left])

    asyncio.run(main())


@pytest.mark.always("ttl-abandoned-error-lost")
@ways(abandon=but(ABANDON, "wait"), call=CALLS, end=FAILED)
def test_nobody_hears_of_the_error_of_an_abandoned_call(
    abandon: Callable[..., Awaitable[Any]], call: Callable[..., Awaitable[Any]], end: End
) -> None:
    # no mutant: в примерах брошенный вызов не падает
    heard: list[type[BaseException]] = []

    async def leave(by: Callable[..., Awaitable[Any]]) -> None:
        began, gate = Event(), Event()

        def job() -> None:
            began.set()
            gate.wait(60)
            end.reach()

        left = asyncio.ensure_future(call(job))
        await asyncio.sleep(0)
        assert began.wait(60)
        with suppress(TimeoutError, asyncio.CancelledError):
            await by(left)
        gate.set()
        # The only thread takes this when the job has ended.
        await asyncio.to_thread(int)
        await asyncio.wait([left])

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        loop.set_exception_handler(lambda _, about: heard.append(type(about["exception"])))
        await leave(abandon)
        gc.collect()
        assert not heard
        # Who only ceases to wait leaves a future that tells.
        await leave(ABANDON["wait"])
        gc.collect()
        assert heard == [end.error]

    asyncio.run(main())


class Dripping(socket.socket):
    """Receives a byte at a time, each of them late."""

    def recv_into(self, buffer: Any, *_: Any) -> int:
        time.sleep(0.05)
        return super().recv_into(buffer, 1)


@pytest.mark.always("ttl-socket-timeout-each-read")
@ways(
    read={
        "read": lambda file, size: file.read(size),
        "readline": lambda file, size: file.readline(),
        "readinto": lambda file, size: file.readinto(bytearray(size)),
    }
)
def test_each_portion_has_the_whole_timeout(read: Callable[[Any, int], object]) -> None:
    # no mutant: примеры страницы сокета не открывают
    near, far = socket.socketpair()
    with far, Dripping(fileno=near.detach()) as dripping:
        dripping.settimeout(0.1)
        far.sendall(b"a page\n")
        with dripping.makefile("rb") as file:
            assert read(file, 7)  # seven times half the timeout
        with dripping.makefile("rb") as file, pytest.raises(TimeoutError):
            read(file, 7)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"


def _file(connection: socket.socket) -> Any:
    assert connection.recv(len(HEAD)) == HEAD
    return connection.makefile("rb")


def _answer(connection: socket.socket) -> HTTPResponse:
    answer = HTTPResponse(connection)
    answer.begin()
    return answer


def _recv(connection: socket.socket) -> bytes:
    assert connection.recv(len(HEAD)) == HEAD
    return connection.recv(9)


@pytest.mark.always("ttl-read1-gives-what-came")
@ways(
    read={
        "recv": _recv,
        "read1 of a file": lambda connection: _file(connection).read1(9),
        "read1 of an answer": lambda connection: _answer(connection).read1(9),
    },
    gather={
        "read of a file": lambda connection: _file(connection).read(9),
        "read of an answer": lambda connection: _answer(connection).read(9),
    },
)
def test_what_has_come_is_given_without_the_rest(
    read: Callable[[socket.socket], bytes], gather: Callable[[socket.socket], bytes]
) -> None:
    # no mutant: примеры страницы сокета не открывают
    def first(part: Callable[[socket.socket], bytes]) -> bytes:
        near, far = socket.socketpair()
        with near, far:
            near.settimeout(0.2)
            far.sendall(HEAD + b"part")  # and five bytes that never come
            return part(near)

    assert first(read) == b"part"
    with pytest.raises(TimeoutError):
        first(gather)


def _of_http(address: tuple[str, int], timeout: float) -> socket.socket:
    connection = HTTPConnection(*address, timeout=timeout)
    connection.connect()
    return connection.sock


@pytest.mark.always("ttl-timeout-spares-the-search")
@ways(connect={"create_connection": socket.create_connection, "HTTPConnection": _of_http})
def test_the_timeout_does_not_limit_the_search(
    connect: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: примеры страницы сокета не открывают
    search = socket.getaddrinfo

    def slow_search(*name: Any) -> Any:
        time.sleep(0.3)  # longer than the timeout
        return search(*name)

    monkeypatch.setattr(socket, "getaddrinfo", slow_search)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = ("localhost", server.getsockname()[1])
        with connect(address, timeout=0.2) as connected, pytest.raises(TimeoutError):
            connected.recv(1)  # but it does limit this


@pytest.mark.always("ttl-cancelled-stays-in-queue")
@ways(waiting=SOME, call=CALLS)
def test_a_cancelled_call_stays_in_the_queue(
    waiting: int, call: Callable[..., Awaitable[Any]]
) -> None:
    # no mutant: длины очереди примеры страницы не показывают
    def queued() -> int:
        pool: Any = asyncio.get_running_loop()
        length: int = pool._default_executor._work_queue.qsize()
        return length

    async def during() -> None:
        calls = [asyncio.ensure_future(call(str)) for _ in range(waiting)]
        await asyncio.sleep(0)
        for each in calls:
            each.cancel()
        await asyncio.wait(calls)
        await asyncio.sleep(0)
        assert queued() == waiting

    async def main() -> None:
        await full_pool(during, 1)
        await asyncio.to_thread(str)
        assert queued() == 0

    asyncio.run(main())


@pytest.mark.always("ttl-cancelled-in-queue")
@ways(waiting=SOME, call=CALLS)
def test_a_call_cancelled_in_the_queue_is_not_made(
    waiting: int, call: Callable[..., Awaitable[Any]]
) -> None:
    broken = play("bridges/to_thread_limit_timeout_broken", clock="virtual")
    assert "quick: answered" not in broken.lines
    made: list[int] = []

    async def during() -> None:
        calls = [asyncio.ensure_future(call(lambda: made.append(1))) for _ in range(waiting)]
        await asyncio.sleep(0)
        for each in calls:
            each.cancel()
        await asyncio.wait(calls)
        assert all(each.cancelled() for each in calls)

    async def main() -> None:
        await full_pool(during, 1)
        await asyncio.to_thread(str)  # whatever stood before it in the queue is over

    asyncio.run(main())
    assert not made


def test_a_cancelled_call_is_made_if_a_thread_is_free_first() -> None:
    began: list[str] = []
    release = Event()

    def work(name: str) -> None:
        began.append(name)
        release.wait()

    async def main(cancel: bool, passes: int) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        first, second = (asyncio.create_task(asyncio.to_thread(work, name)) for name in "ab")
        while not began:  # noqa: ASYNC110 - that it spins is the point
            await asyncio.sleep(0)
        if cancel:
            second.cancel()
        for _ in range(passes):
            await asyncio.sleep(0)
        release.set()
        while not passes and len(began) < 2:
            pass  # the thread is free before the loop makes a pass
        await asyncio.wait([first, second])
        assert second.cancelled() == cancel

    for cancel, passes, expected in ((True, 2, "a"), (False, 2, "ab"), (True, 0, "ab")):
        began.clear()
        release.clear()
        asyncio.run(main(cancel, passes))
        assert began == list(expected)
