"""Proofs for source/bridges/callback.md."""

import asyncio
import os
import signal
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, ways

Callback = Callable[..., object]
Deliver = Callable[[asyncio.AbstractEventLoop, Callback], object]


def _by_done(loop: asyncio.AbstractEventLoop, callback: Callback) -> None:
    future = loop.create_future()
    future.add_done_callback(callback)
    future.set_result(None)


DELIVER: dict[str, Deliver] = {
    "call_soon": lambda loop, callback: loop.call_soon(callback, "event"),
    "call_later": lambda loop, callback: loop.call_later(1, callback, "event"),
    "add_done_callback": _by_done,
}
"""How the loop comes to call a function, within two virtual seconds, with one argument."""


@pytest.mark.always("callback-group-finished")
@ways(end=ENDED)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_finished_group_takes_no_task(end: Any) -> None:
    begun: list[str] = []

    async def late() -> None:
        begun.append("late")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(late())
        assert begun == ["late"]
        with pytest.raises(RuntimeError, match="finished"):
            group.create_task(late())
        stopped = asyncio.TaskGroup()
        try:
            async with stopped:
                end.reach()
        except BaseException:
            assert end.error
        with pytest.raises(RuntimeError, match="finished"):
            stopped.create_task(late())
        await asyncio.sleep(1)
        assert begun == ["late"]

    perform(main)


@pytest.mark.sometimes("callback-tasks-any-order")
def test_tasks_of_callbacks_overtake_each_other() -> None:
    trace = play("bridges/callback_group")
    assert trace.ordered("tea: scanned", "salt: scanned", "salt: found", "tea: found")
    assert (trace.at("salt: found"), trace.at("tea: found")) == (3, 4)


@pytest.mark.always("callback-queue-order")
@ways(deliver=DELIVER, count={"1": 1, "2": 2, "4": 4})
def test_one_worker_keeps_the_order_of_the_events(deliver: Deliver, count: int) -> None:
    trace = play("bridges/callback_queue")
    assert trace.ordered("main: closes the shop", "tea: found", "salt: found")
    worker = load("bridges/callback_queue").look_up_all
    for seconds in permutations(range(count)):
        done: list[int] = []

        async def look_up(code: int, done: list[int] = done) -> None:
            await asyncio.sleep(code)
            done.append(code)

        async def main(seconds: tuple[int, ...] = seconds) -> None:
            loop = asyncio.get_running_loop()
            worker.__globals__["look_up"] = look_up
            codes: asyncio.Queue[int] = asyncio.Queue()
            working = asyncio.create_task(worker(codes))
            for number in seconds:
                deliver(loop, lambda _, number=number: codes.put_nowait(number))
            await asyncio.sleep(2)
            await codes.join()
            working.cancel()

        perform(main)
        assert tuple(done) == seconds


@contextmanager
def _pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


class Watched:
    """What came of an `async def` that stands where a plain function belongs."""

    def __init__(self) -> None:
        self.called = 0
        self.ran = 0
        self.first = asyncio.Event()

    def function(self, *_: object) -> Any:
        self.called += 1
        self.first.set()
        return self._body()

    async def _body(self) -> None:
        self.ran += 1


async def _protocol(watched: Watched) -> None:
    class Inbox(asyncio.Protocol):
        data_received = staticmethod(watched.function)

    with _pair() as (ours, theirs):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(Inbox, sock=ours)
        theirs.sendall(b"hello")
        await watched.first.wait()
        transport.close()
        await asyncio.sleep(0)


async def _done_callback(watched: Watched) -> None:
    _by_done(asyncio.get_running_loop(), watched.function)
    await asyncio.sleep(0)


async def _task_callback(watched: Watched) -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(watched.function)
    await task
    await asyncio.sleep(0)


@pytest.mark.always("callback-async-def-lost")
@ways(stand={"protocol": _protocol, "done future": _done_callback, "done task": _task_callback})
def test_an_async_def_for_a_callback_is_lost(stand: Callable[[Watched], Any]) -> None:
    trace = play("bridges/callback_protocol_broken")
    assert trace.lines == ["main: end"]
    assert "'Inbox.data_received' was never awaited" in trace.stderr
    fixed = play("bridges/callback_protocol_fixed")
    assert fixed.ordered("inbox: a letter", "saved: hello", "main: end")
    watched = Watched()

    async def main() -> None:
        await stand(watched)
        # Enough passes for a task, if somebody had made one.
        for _ in range(5):
            await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    assert (watched.called, watched.ran) == (1, 0)
    assert any("was never awaited" in str(each.message) for each in caught)


@pytest.mark.always("callback-reader-spins")
@ways(passes={"2": 2, "20": 20})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_async_reader_is_called_on_each_pass(passes: int) -> None:
    # no mutant: программы страницы add_reader не зовут
    watched = Watched()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with _pair() as (ours, theirs):
            theirs.sendall(b"hello")
            loop.add_reader(ours, watched.function)
            for _ in range(passes):
                await asyncio.sleep(0)
            called = watched.called
            assert called in (passes - 1, passes)
            ours.recv(100)
            for _ in range(5):
                await asyncio.sleep(0)
            # One may have been queued in the pass that read the data.
            assert watched.called <= called + 1
            loop.remove_reader(ours)

    asyncio.run(main())
    assert watched.ran == 0


WAITS: dict[str, Callable[[asyncio.Task[Any]], Any]] = {
    "await": lambda task: task,
    "wait": lambda task: asyncio.wait({task}),
    "gather": lambda task: asyncio.gather(task),
}
"""How one waits for a task."""


@pytest.mark.always("callback-debug-no-wakeup")
@ways(waits=WAITS, debug={"debug": True, "plain": False}, later={"later": True, "before": False})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_async_def_wakes_nobody_in_debug_mode(
    waits: Callable[[asyncio.Task[Any]], Any], debug: bool, later: bool
) -> None:
    # no mutant: программы страницы режима отладки не включают
    errors: list[object] = []

    async def callback(_: object) -> None:
        pass

    async def wait_for(task: asyncio.Task[Any]) -> None:
        await waits(task)

    async def main() -> bool:
        go_on = asyncio.Event()
        task = asyncio.create_task(go_on.wait())
        if later:
            task.add_done_callback(callback)
        waiting = asyncio.create_task(wait_for(task))
        await asyncio.sleep(0)
        if not later:
            task.add_done_callback(callback)
        go_on.set()
        # Enough passes for the task, and for the waiting one if anything wakes it.
        for _ in range(20):
            await asyncio.sleep(0)
        assert task.done()
        return waiting.done()

    # asyncio.run would wait for the one that nothing wakes.
    loop = asyncio.new_event_loop()
    loop.set_debug(debug)
    loop.set_exception_handler(lambda _, context: errors.append(context.get("exception")))
    try:
        woken = loop.run_until_complete(main())
    finally:
        loop.close()
    assert woken is not (debug and later)
    assert any(isinstance(error, TypeError) for error in errors) is debug


@pytest.mark.always("callback-signal-type-error")
@ways(number={"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "SIGUSR1": signal.SIGUSR1})
def test_a_signal_handler_is_no_coroutine_function(number: signal.Signals) -> None:
    # no mutant: программы страницы сигналов не ждут
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(TypeError) as refused:
            loop.add_signal_handler(number, Watched()._body)
        assert str(refused.value) == "coroutines cannot be used with add_signal_handler()"
        loop.add_signal_handler(number, Watched().function)
        loop.remove_signal_handler(number)

    asyncio.run(main())


@pytest.mark.always("callback-signal-lambda")
@ways(task={"a coroutine": False, "a task": True}, debug={"debug": True, "plain": False})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_lambda_that_makes_a_coroutine_is_accepted(task: bool, debug: bool) -> None:
    # no mutant: программы страницы сигналов не ждут
    watched = Watched()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            made: Callback = group.create_task if task else lambda coroutine: coroutine
            loop.add_signal_handler(signal.SIGUSR1, lambda: made(watched.function()))
            os.kill(os.getpid(), signal.SIGUSR1)
            await watched.first.wait()
        # Enough passes for a task, if somebody had made one.
        for _ in range(5):
            await asyncio.sleep(0)
        loop.remove_signal_handler(signal.SIGUSR1)

    asyncio.run(main(), debug=debug)
    assert (watched.called, watched.ran) == (1, task)


def _by_reader(loop: asyncio.AbstractEventLoop, callback: Callback) -> None:
    ours, theirs = socket.socketpair()

    def once() -> None:
        loop.remove_reader(ours)
        ours.close()
        theirs.close()
        callback()

    loop.add_reader(ours, once)
    theirs.sendall(b"hello")


def _by_signal(loop: asyncio.AbstractEventLoop, callback: Callback) -> None:
    loop.add_signal_handler(signal.SIGUSR1, callback)
    os.kill(os.getpid(), signal.SIGUSR1)


@pytest.mark.always("callback-error-to-the-handler")
@ways(
    deliver={
        "call_soon": lambda loop, callback: loop.call_soon(callback),
        "add_done_callback": _by_done,
        "add_reader": _by_reader,
        "add_signal_handler": _by_signal,
    },
    error={"Exception": OSError, "BaseException": asyncio.CancelledError},
)
def test_the_error_of_a_callback_goes_to_the_handler(
    deliver: Deliver, error: type[BaseException]
) -> None:
    # no mutant: обратные вызовы страницы не падают
    async def main() -> None:
        loop = asyncio.get_running_loop()
        given = loop.create_future()
        loop.set_exception_handler(lambda _, context: given.set_result(context["exception"]))

        def fail(*_: object) -> None:
            raise error

        deliver(loop, fail)
        assert type(await given) is error
        await asyncio.sleep(0)

    asyncio.run(main())


@pytest.mark.always("callback-reader-error-repeats")
@ways(
    error={"Exception": ValueError, "OSError": OSError, "BaseException": asyncio.CancelledError},
    passes={"2": 2, "20": 20},
    reads={"reads": True, "doesn't": False},
)
def test_a_reader_that_fails_is_called_again(
    error: type[BaseException], passes: int, reads: bool
) -> None:
    # no mutant: программы страницы add_reader не зовут
    told: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        with _pair() as (ours, theirs):

            def fail() -> None:
                if reads:
                    ours.recv(100)
                raise error

            theirs.sendall(b"hello")
            loop.add_reader(ours, fail)
            for _ in range(passes):
                await asyncio.sleep(0)
            loop.remove_reader(ours)

    asyncio.run(main())
    assert len(told) in ((1,) if reads else (passes - 1, passes))
    assert {type(each) for each in told} == {error}


PROTOCOL_ERRORS: dict[str, type[Exception]] = {
    "OSError": OSError,
    "FileNotFoundError": FileNotFoundError,
    "TimeoutError": TimeoutError,
    "ConnectionResetError": ConnectionResetError,
    "ValueError": ValueError,
    "Exception": Exception,
}
"""What a protocol raises."""


def _told_and_lost(error: type[Exception], debug: bool) -> tuple[list[object], Exception | None]:
    """Return what the handler is told and what connection_lost gets if data_received raises."""
    told: list[object] = []

    async def main() -> Exception | None:
        loop = asyncio.get_running_loop()
        lost: asyncio.Future[Exception | None] = loop.create_future()
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))

        class Inbox(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                raise error

            def connection_lost(self, exc: Exception | None) -> None:
                lost.set_result(exc)

        with _pair() as (ours, theirs):
            await loop.create_connection(Inbox, sock=ours)
            theirs.sendall(b"hello")
            got = await lost
            theirs.settimeout(10)
            assert theirs.recv(1) == b""
        return got

    return told, asyncio.run(main(), debug=debug)


@pytest.mark.always("callback-error-closes-connection")
@ways(error=PROTOCOL_ERRORS)
def test_the_error_of_a_protocol_closes_the_connection(error: type[Exception]) -> None:
    # no mutant: протокол страницы не падает
    _, got = _told_and_lost(error, debug=False)
    assert type(got) is error


@pytest.mark.always("callback-oserror-is-silent")
@ways(error=PROTOCOL_ERRORS, debug={"debug": True, "plain": False})
def test_the_handler_is_told_of_no_oserror(error: type[Exception], debug: bool) -> None:
    # no mutant: протокол страницы не падает
    told, got = _told_and_lost(error, debug)
    assert told == ([] if issubclass(error, OSError) else [got])
