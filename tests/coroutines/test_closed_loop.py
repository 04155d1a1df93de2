"""Proofs for source/coroutines/closed-loop.md."""

import asyncio
import select
import socket
import struct
import threading
from asyncio.proactor_events import BaseProactorEventLoop
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ways

CLOSED = "Event loop is closed"
DIFFERENT = "different (event )?loop"


def _tcp() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    return ours, theirs


def _until_broken(ours: socket.socket) -> None:
    poller = select.poll()
    poller.register(ours, 0)
    assert poller.poll(10_000)


def _forget(client: Any, ours: socket.socket) -> None:
    """Close what the loop that has gone can't close any more, nor warn of."""
    transport = client.writer.transport
    transport._closing, transport._sock = True, None
    ours.close()


@contextmanager
def _connected() -> Iterator[tuple[Any, socket.socket]]:
    """Give a client connected by a loop that is closed since, and the service's end."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    client = load("coroutines/closed_loop_client_broken").Client()
    assert asyncio.run(client.connect(ours)) == "connected"
    with theirs:
        yield client, theirs
    _forget(client, ours)


@pytest.mark.sometimes("closed-loop-request-arrives")
def test_the_request_arrives_without_an_answer() -> None:
    trace = play("coroutines/closed_loop_client_broken")
    assert trace.ordered("connected", "ask: attached to a different loop", "service got ['one']")
    with _connected() as (client, service):
        with pytest.raises(RuntimeError, match=DIFFERENT):
            asyncio.run(client.ask("pay"))
        assert service.recv(100) == b"pay\n"


READS = {
    "readline": lambda reader: reader.readline(),
    "read": lambda reader: reader.read(10),
    "readexactly": lambda reader: reader.readexactly(1),
    "readuntil": lambda reader: reader.readuntil(b"."),
}


@pytest.mark.always("closed-loop-read-fails")
@ways(read=READS)
def test_reading_needs_the_loop(read: Callable[[Any], Awaitable[bytes]]) -> None:
    async def attempt(reader: asyncio.StreamReader) -> bytes:
        return await read(reader)

    with _connected() as (client, service):
        service.sendall(b"an answer.\n")
        with pytest.raises(RuntimeError, match=DIFFERENT):
            asyncio.run(attempt(client.reader))
    # What the buffer has already is read in any loop.
    with _connected() as (client, _):
        client.reader.feed_data(b"an answer.\n")
        assert asyncio.run(attempt(client.reader))


def _closes(service: socket.socket) -> None:
    service.close()


def _resets(service: socket.socket) -> None:
    """Close it so that the other end is told of a reset instead of the end."""
    service.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    service.close()


@pytest.mark.always("closed-loop-write-needs-loop")
@ways(
    wrong={"too much": None, "the service closes": _closes, "it breaks off": _resets},
    begun={"the first": 0, "the second": 1},
)
def test_a_write_that_goes_wrong_needs_the_loop(
    wrong: Callable[[socket.socket], None] | None, begun: int
) -> None:
    # no mutant: в примере служба соединения не закрывает
    ours, theirs = _tcp()
    client = load("coroutines/closed_loop_client_broken").Client()
    asyncio.run(client.connect(ours))
    for _ in range(begun):
        client.writer.write(b"fits\n")
        assert theirs.recv(100) == b"fits\n"
    with theirs:
        if wrong:
            wrong(theirs)
            if wrong is _closes:
                client.writer.write(b"x")  # it is this write that the other end answers by a reset
            _until_broken(ours)
            with pytest.raises(RuntimeError, match=CLOSED):
                client.writer.write(b"x")
            client.writer.close()  # the write has noticed that nothing is left to close
        else:
            with pytest.raises(RuntimeError, match=CLOSED):
                client.writer.write(bytes(10**8))
            assert theirs.recv(100)
            with pytest.raises(RuntimeError, match=CLOSED):
                client.writer.close()
    _forget(client, ours)


class _Proactor:
    """The system's part of `ProactorEventLoop`, on any system: writes at once, reads nothing."""

    def set_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def recv(self, *_: object) -> "asyncio.Future[bytes]":
        return self.loop.create_future()

    recv_into = recv

    def send(self, sock: socket.socket, data: bytes) -> "asyncio.Future[int]":
        sent: asyncio.Future[int] = self.loop.create_future()
        sent.set_result(sock.send(data))
        return sent

    def select(self, timeout: float | None) -> list[object]:
        return []

    def close(self) -> None:
        pass


@pytest.mark.always("closed-loop-write-proactor")
@ways(begun={"the first": 0, "the second": 1})
def test_the_loop_of_windows_cannot_write_once_closed(begun: int) -> None:
    # no mutant: цикл Windows в примере не выбирают
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    client = load("coroutines/closed_loop_client_broken").Client()
    made: Any = BaseProactorEventLoop

    async def connect() -> None:
        await client.connect(ours)
        for _ in range(begun):
            client.writer.write(b"fits")
            await asyncio.sleep(0)

    with theirs:
        with asyncio.Runner(loop_factory=lambda: made(_Proactor())) as runner:
            runner.run(connect())
        assert not begun or theirs.recv(100) == b"fits"
        for _ in range(2):
            with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'send'"):
                client.writer.write(b"x")
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        _forget(client, ours)


Read = Callable[[Any], Awaitable[bytes]]


async def _outcome(read: Read, reader: asyncio.StreamReader) -> bytes | type[Exception]:
    try:
        return await read(reader)
    except (RuntimeError, ConnectionResetError, asyncio.IncompleteReadError) as error:
        return type(error)


async def _noticed(reader: Any) -> None:
    """Wait until the end has come in, whatever lies in the buffer before it."""
    while not (reader._eof or reader.exception()):  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0)


@contextmanager
def _ended(end: Callable[[socket.socket], None], data: bytes, noticed: bool) -> Iterator[Any]:
    """Give a client whose service has gone, before or after the loop that connected it."""

    async def connect_and_see() -> None:
        await client.connect(ours)
        if noticed:
            theirs.sendall(data)
            end(theirs)
            await _noticed(client.reader)

    ours, theirs = _tcp()
    client = load("coroutines/closed_loop_client_broken").Client()
    asyncio.run(connect_and_see())
    if not noticed:
        end(theirs)
    yield client
    _forget(client, ours)


async def _in_time(end: Callable[[socket.socket], None], data: bytes, read: Read) -> list[Any]:
    """Return what two reads give in the loop that connected."""
    ours, theirs = _tcp()
    reader, writer = await asyncio.open_connection(sock=ours)
    theirs.sendall(data)
    end(theirs)
    await _noticed(reader)
    outcomes = [await _outcome(read, reader) for _ in range(2)]
    writer.close()
    return outcomes


@pytest.mark.always("closed-loop-eof-is-kept")
@ways(
    end={"the service closes": _closes, "it breaks off": _resets},
    noticed={"in time": True, "too late": False},
    read=READS,
    data={"nothing": b"", "something": b"some"},
)
def test_the_end_that_the_loop_noticed_is_told_later(
    end: Callable[[socket.socket], None], noticed: bool, read: Read, data: bytes
) -> None:
    # no mutant: в примере служба соединения не закрывает
    with _ended(end, data, noticed) as client:
        told = [asyncio.run(_outcome(read, client.reader)) for _ in range(2)]
        if noticed:
            assert told == asyncio.run(_in_time(end, data, read))
            assert RuntimeError not in told
        else:
            assert told == [RuntimeError] * 2
        if noticed and end is _resets:
            client.writer.close()  # nothing is left to close
        else:
            with pytest.raises(RuntimeError, match=CLOSED):
                client.writer.close()


@pytest.mark.always("closed-loop-write-lost")
@ways(data={"nothing": b"", "something": b"some"}, size={"little": 1, "too much": 10**8})
def test_a_write_after_a_break_that_the_loop_noticed_is_lost(data: bytes, size: int) -> None:
    # no mutant: в примере служба соединения не обрывает
    with _ended(_resets, data, noticed=True) as client:
        for _ in range(2):
            client.writer.write(bytes(size))
        assert client.writer.transport.get_write_buffer_size() == 0, "nothing is kept, either"


@pytest.mark.always("closed-loop-close-too-late")
@ways(inside={"in another loop": True, "in no loop": False})
def test_closing_needs_the_loop(inside: bool) -> None:
    assert play("coroutines/closed_loop_client_broken").find("close: Event loop is closed")
    with _connected() as (client, _), pytest.raises(RuntimeError, match=CLOSED):
        asyncio.run(client.close()) if inside else client.writer.close()

    async def in_time(client: Any, ours: socket.socket) -> None:
        await client.connect(ours)
        client.writer.close()

    ours, theirs = socket.socketpair()
    client = load("coroutines/closed_loop_client_broken").Client()
    with theirs:
        asyncio.run(in_time(client, ours))
        client.writer.close()

    async def too_much(client: Any, ours: socket.socket) -> None:
        await client.connect(ours)
        client.writer.write(bytes(10**8))

    # With something left to send, closing only marks the connection.
    ours, theirs = socket.socketpair()
    client = load("coroutines/closed_loop_client_broken").Client()
    with theirs:
        asyncio.run(too_much(client, ours))
        client.writer.close()
        assert ours.fileno() != -1
    _forget(client, ours)


@pytest.mark.always("closed-loop-runner-keeps-client")
@ways(questions={"one": 1, "twenty": 20})
def test_a_runner_keeps_the_connection(questions: int) -> None:
    trace = play("coroutines/closed_loop_client_fixed")
    assert trace.ordered("connected", "answer to one", "service got ['one']")
    snippet = load("coroutines/closed_loop_client_fixed")
    ours, theirs = socket.socketpair()
    received: list[str] = []
    service = threading.Thread(target=snippet.serve, args=(theirs, received))
    service.start()
    client = snippet.Client()
    with asyncio.Runner() as runner:
        runner.run(client.connect(ours))
        answers = [runner.run(client.ask(str(number))) for number in range(questions)]
        runner.run(client.close())
    service.join()
    assert answers == [f"answer to {number}" for number in range(questions)]
    assert received == [str(number) for number in range(questions)]


async def _nothing() -> None:
    pass


def _with_coroutine(method: str) -> Callable[[asyncio.AbstractEventLoop], Any]:
    def call(loop: asyncio.AbstractEventLoop) -> None:
        coroutine = _nothing()
        try:
            getattr(loop, method)(coroutine)
        finally:
            coroutine.close()

    return call


CALLS: dict[str, Callable[[asyncio.AbstractEventLoop], Any]] = {
    "call_soon": lambda loop: loop.call_soon(print),
    "call_later": lambda loop: loop.call_later(1, print),
    "call_soon_threadsafe": lambda loop: loop.call_soon_threadsafe(print),
    "run_in_executor": lambda loop: loop.run_in_executor(None, print),
    "create_task": _with_coroutine("create_task"),
    "run_until_complete": _with_coroutine("run_until_complete"),
}


@pytest.mark.always("closed-loop-refuses")
@ways(call=CALLS)
def test_a_closed_loop_takes_no_work(call: Callable[[asyncio.AbstractEventLoop], Any]) -> None:
    # no mutant: в примере к закрытому циклу обращается само соединение
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(RuntimeError, match=CLOSED):
        call(loop)


Made = Callable[[asyncio.AbstractEventLoop], "asyncio.Future[str]"]


async def _coffee() -> str:
    await asyncio.sleep(0)
    return "coffee"


MADE: dict[str, Made] = {
    "future": lambda loop: loop.create_future(),
    "task": lambda loop: loop.create_task(_coffee()),
}


@contextmanager
def _foreign(made: Made, closed: bool) -> Iterator["asyncio.Future[str]"]:
    """Give what another loop made and hasn't finished, and let it end at last."""
    loop = asyncio.new_event_loop()
    future = made(loop)
    if closed:
        loop.close()
    try:
        yield future
    finally:
        if isinstance(future, asyncio.Task):
            setattr(future, "_log_destroy_pending", False)  # noqa: B010 - a name that its stub lacks
            coroutine: Any = future.get_coro()
            coroutine.close()
        loop.close()


@pytest.mark.always("closed-loop-foreign-await")
@ways(made=MADE, closed={"closed": True, "open": False})
def test_await_refuses_what_another_loop_made(made: Made, closed: bool) -> None:
    trace = play("coroutines/closed_loop_future")
    assert trace.ordered("await: attached to a different loop", "await: coffee")

    async def main() -> None:
        with pytest.raises(RuntimeError, match=DIFFERENT):
            await future

    with _foreign(made, closed) as future:
        perform(main)


@pytest.mark.always("closed-loop-foreign-again")
@ways(made=MADE, again={"the same loop": "same", "another": "another", "its own": "own"})
def test_a_refused_future_is_refused_with_other_words_then(made: Made, again: str) -> None:
    # no mutant: в примере незаконченный Future ждут один раз
    async def wait(words: str) -> None:
        with pytest.raises(RuntimeError, match=words):
            await future

    async def main() -> None:
        await wait(DIFFERENT)
        if again == "same":
            await wait("await wasn't used with future")

    with _foreign(made, False) as future:
        perform(main)
        if again == "another":
            perform(lambda: wait("await wasn't used with future"))
        if again == "own":
            future.get_loop().run_until_complete(wait("await wasn't used with future"))


@pytest.mark.always("closed-loop-foreign-done")
@ways(made=MADE, closed={"closed": True, "open": False})
def test_await_takes_the_result_of_what_is_done(made: Made, closed: bool) -> None:
    assert play("coroutines/closed_loop_future").find("await: coffee")
    loop = asyncio.new_event_loop()
    future = made(loop)
    if not isinstance(future, asyncio.Task):
        loop.call_soon(future.set_result, "coffee")
    loop.run_until_complete(future)
    if closed:
        loop.close()

    async def main() -> None:
        assert await future == "coffee"

    perform(main)
    loop.close()


@pytest.mark.always("closed-loop-as-completed-refuses")
@ways(
    made=MADE,
    done={"done": True, "not yet": False},
    others={"alone": 0, "among others": 1},
)
def test_as_completed_refuses_even_what_is_done(made: Made, done: bool, others: int) -> None:
    # no mutant: в примере чужой Future отдают только await и wait
    async def main() -> None:
        own = [asyncio.create_task(asyncio.sleep(0)) for _ in range(others)]
        with pytest.raises(ValueError, match="different loop"):
            next(iter(asyncio.as_completed([*own, future])))

    with _foreign(made, False) as future:
        if done:
            if not isinstance(future, asyncio.Task):
                future.set_result("coffee")
            future.get_loop().run_until_complete(future)
        perform(main)


@pytest.mark.always("closed-loop-wait-silent")
@ways(
    made=MADE,
    closed={"closed": True, "open": False},
    when={name: name for name in ("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED")},
)
def test_wait_neither_refuses_nor_ends(made: Made, closed: bool, when: str) -> None:
    trace = play("coroutines/closed_loop_future")
    assert trace.at("wait: 0 done, 1 pending") == 60

    async def main() -> None:
        begun = asyncio.get_running_loop().time()
        done, pending = await asyncio.wait([future], timeout=100, return_when=when)
        assert (done, pending) == (set(), {future})
        assert asyncio.get_running_loop().time() - begun == 100

    with _foreign(made, closed) as future:
        perform(main)


async def _on_condition(condition: asyncio.Condition) -> None:
    async with condition:
        await condition.wait()


Waited = tuple[Callable[[], Any], Callable[[Any], Awaitable[Any]]]
"""How it is made, and what waits on it for ever."""

WAITED: dict[str, Waited] = {
    "Lock": (asyncio.Lock, lambda lock: asyncio.gather(lock.acquire(), lock.acquire())),
    "Semaphore": (lambda: asyncio.Semaphore(0), lambda semaphore: semaphore.acquire()),
    "Event": (asyncio.Event, lambda event: event.wait()),
    "Condition": (asyncio.Condition, _on_condition),
    "Queue": (asyncio.Queue, lambda queue: queue.get()),
    "Barrier": (lambda: asyncio.Barrier(2), lambda barrier: barrier.wait()),
}
PASSES: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "Lock": lambda lock: lock.acquire(),
    "Semaphore": lambda semaphore: semaphore.acquire(),
    "Event": lambda event: event.wait(),
    "Condition": lambda condition: condition.acquire(),
    "Queue": lambda queue: queue.get(),
}


async def _briefly(awaitable: Callable[[Any], Awaitable[Any]], thing: Any) -> None:
    async with asyncio.timeout(1):
        await awaitable(thing)


def _wait_on(waits: Callable[[Any], Awaitable[Any]], thing: Any) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await _briefly(waits, thing)

    perform(main)


@pytest.mark.always("closed-loop-bound-by-waiting")
@ways(name={name: name for name in WAITED})
def test_the_first_wait_binds(name: str) -> None:
    trace = play("coroutines/closed_loop_lock_broken")
    assert trace.lines.count("2 at once: done") == 1
    make, waits = WAITED[name]
    made_in: list[Any] = []

    async def elsewhere() -> None:
        made_in.append(make())

    async def refused() -> None:
        with pytest.raises(RuntimeError, match=DIFFERENT):
            await waits(thing)

    perform(elsewhere)
    for thing in (make(), made_in[0]):
        # Wherever it was made, it serves the loop that waits first, and no other after it.
        _wait_on(waits, thing)
        perform(refused)


def _let_pass(thing: Any) -> None:
    """Make it so that the next one needn't wait."""
    match thing:
        case asyncio.Semaphore():
            thing.release()
        case asyncio.Lock() if thing.locked():
            thing.release()
        case asyncio.Event():
            thing.set()
        case asyncio.Queue():
            thing.put_nowait(1)


@pytest.mark.always("closed-loop-uncontended-passes")
@ways(name={name: name for name in WAITED})
def test_only_waiting_in_another_loop_fails(name: str) -> None:
    trace = play("coroutines/closed_loop_lock_broken")
    assert trace.lines[2:] == ["1 at once: done", "2 at once: is bound to a different event loop"]
    assert play("coroutines/closed_loop_lock_fixed").lines[3] == "2 at once: done"
    make, waits = WAITED[name]
    thing = make()
    _wait_on(waits, thing)

    async def wait_again() -> None:
        with pytest.raises(RuntimeError, match=DIFFERENT):
            await waits(thing)

    perform(wait_again)
    if name not in PASSES:
        return  # at a barrier for two the first always waits
    fresh = make()
    _wait_on(waits, fresh)
    _let_pass(fresh)

    async def pass_by() -> None:
        async with asyncio.timeout(1):
            await PASSES[name](fresh)

    perform(pass_by)


GUARDS = {"Lock": asyncio.Lock, "Semaphore": lambda: asyncio.Semaphore(1)}
RELEASES: dict[str, Callable[[Any, Any, Any], object]] = {
    "in the holder's loop": lambda guard, holder, _: holder.run_until_complete(_released(guard)),
    "in the waiter's loop": lambda guard, _, waiter: waiter.call_soon_threadsafe(guard.release),
}


async def _released(guard: Any) -> None:
    guard.release()


def _woken_by(release: Callable[[Any, Any, Any], object], guard: Any) -> bool:
    """Let a thread release what it holds while another's loop sleeps, and tell whether it wakes."""
    holder = asyncio.new_event_loop()
    holder.run_until_complete(guard.acquire())
    woken: list[bool] = []

    def make_loop() -> Any:
        loop: Any = asyncio.SelectorEventLoop()
        select = loop._selector.select

        def sleep(timeout: float | None = None) -> Any:
            if timeout == 0 or woken:
                return select(timeout)
            thread = threading.Thread(target=release, args=(guard, holder, loop))
            thread.start()
            thread.join()
            events = select(0)
            woken.append(bool(events))
            return events

        loop._selector.select = sleep
        return loop

    with asyncio.Runner(debug=False, loop_factory=make_loop) as runner:
        assert runner.run(guard.acquire())  # whatever wakes the loop, the guard is free then
    holder.close()
    return woken[0]


@pytest.mark.sometimes("closed-loop-lock-between-threads")
@ways(make=GUARDS)
def test_a_release_in_another_thread_does_not_wake_the_loop(make: Callable[[], Any]) -> None:
    # no mutant: в примере поток один
    assert not _woken_by(RELEASES["in the holder's loop"], make())
    assert _woken_by(RELEASES["in the waiter's loop"], make())


@pytest.mark.parametrize("waited", ["join", "condition"])
def test_what_a_queue_or_condition_has_inside_is_bound_apart(waited: str) -> None:
    """The waits of another kind, which the sentence on binding leaves out."""
    queue, condition = asyncio.Queue[int](), asyncio.Condition()
    _wait_on(lambda queue: queue.get(), queue)
    _wait_on(lambda condition: asyncio.gather(condition.acquire(), condition.acquire()), condition)
    condition.release()
    queue.put_nowait(1)
    if waited == "join":
        _wait_on(lambda queue: queue.join(), queue)
    else:
        _wait_on(_on_condition, condition)
