"""Proofs for source/bridges/from-thread.md."""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop

from tests.ways import ENDED, EXITS, FAILED, RUNS, End, Run, ways

Guard = AbstractAsyncContextManager[Any]


def _run(loop: asyncio.AbstractEventLoop) -> None:
    # The two would end the thread with a message; they are what some proofs are about.
    with suppress(SystemExit, KeyboardInterrupt):
        loop.run_forever()


@contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,))
    thread.start()
    # The loop must be running: before that nobody is in the wrong thread.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.always("bridge-callback-thread")
# one way: a fact about one function
def test_the_callback_runs_in_the_thread_of_the_loop() -> None:
    trace = play("bridges/from_thread_call_soon")
    assert trace.ordered("sensor: Sensor", "callback: MainThread", "main: 21")
    ran_in: list[int] = []
    done = threading.Event()
    with _loop_in_a_thread() as loop:
        loop.call_soon_threadsafe(lambda: ran_in.append(threading.get_ident()))
        loop.call_soon_threadsafe(done.set)
        assert done.wait(10)
        of_the_loop = asyncio.run_coroutine_threadsafe(_thread(), loop).result(10)
    assert ran_in == [of_the_loop]
    assert ran_in != [threading.get_ident()]


async def _thread() -> int:
    return threading.get_ident()


def _future() -> tuple[asyncio.Future[None], Awaitable[None]]:
    future = asyncio.get_running_loop().create_future()
    return future, future


def _queue() -> tuple[asyncio.Queue[None], Awaitable[None]]:
    queue = asyncio.Queue[None]()
    return queue, queue.get()


def _group() -> tuple[SimpleNamespace, Awaitable[None]]:
    group, begun = asyncio.TaskGroup(), asyncio.Event()

    async def begin() -> None:
        begun.set()

    async def wait() -> None:
        async with group:
            await begun.wait()

    return SimpleNamespace(create_task=lambda _: group.create_task(begin())), wait()


def _second_of_reaction(
    method: str, make: Callable[[], tuple[Any, Awaitable[None]]], *, threadsafe: bool
) -> float:
    """Let another thread call `method(None)` exactly while the loop sleeps until second 60.

    As on a real clock, the sleep ends with an event of the selector or at second 60.
    `make` returns whose method it is and what waits for it; threadsafe: whether
    the thread calls it through call_soon_threadsafe.
    """

    def poke(loop: asyncio.AbstractEventLoop, target: Any) -> None:
        call = getattr(target, method)
        if threadsafe:
            loop.call_soon_threadsafe(call, None)
        else:
            call(None)

    poked_at: list[Any] = []

    def make_loop(start: float) -> VirtualLoop:
        loop = VirtualLoop(start)
        loop.set_debug(False)  # it would refuse the plain call
        select = loop._selector.select
        poked = False

        def sleep(timeout: float | None = None) -> Any:
            nonlocal poked
            if timeout == 0 or poked or not poked_at:
                return select(timeout)
            poked = True
            stranger = threading.Thread(target=poke, args=(loop, poked_at[0]))
            stranger.start()
            stranger.join()
            fell_asleep, events = loop.time(), []
            while not events and loop.time() - fell_asleep == 0:
                events = select(timeout)
            return events

        loop._selector.select = sleep
        return loop

    async def main() -> None:
        timer = asyncio.create_task(asyncio.sleep(60))
        target, waiting = make()
        poked_at.append(target)
        await waiting
        print("noticed")
        await timer

    return perform(main, make_loop).at("noticed")


POKES = {"set_result": _future, "put_nowait": _queue, "create_task": _group}


@pytest.mark.always("bridge-wakes")
@ways(method={name: name for name in POKES})
def test_call_soon_threadsafe_wakes_the_loop(method: str) -> None:
    # no mutant: будит ли вызов цикл, решает asyncio; пример показал бы это лишь часами
    assert _second_of_reaction(method, POKES[method], threadsafe=True) == 0


@pytest.mark.sometimes("bridge-plain-call-late")
def test_a_plain_call_is_noticed_late() -> None:
    result = _second_of_reaction("set_result", _future, threadsafe=False)
    item = _second_of_reaction("put_nowait", _queue, threadsafe=False)
    task = _second_of_reaction("create_task", _group, threadsafe=False)
    assert (result, item, task) == (60, 60, 60)


@pytest.mark.always("bridge-fifo")
# one way: a fact about one function
def test_calls_of_one_thread_keep_their_order() -> None:
    seen: list[int] = []
    done = threading.Event()
    with _loop_in_a_thread() as loop:
        for number in range(1000):
            loop.call_soon_threadsafe(seen.append, number)
        loop.call_soon_threadsafe(done.set)
        assert done.wait(10)
    assert seen == list(range(1000))


@pytest.mark.always("bridge-result")
@ways(end=ENDED)
def test_the_thread_gets_the_result_or_the_exception(end: End) -> None:
    trace = play("bridges/from_thread_coroutine")
    assert trace.ordered("fetch 1: Loop", "main: page 1", "fetch 2: Loop", "main: no page 2")
    with _loop_in_a_thread() as loop:
        future = asyncio.run_coroutine_threadsafe(end.after(0), loop)
        if not end.error:
            assert future.result(10) == "result"
            return
        expected = end.error if end.error is not asyncio.CancelledError else CancelledError
        with pytest.raises(expected):
            future.result(10)


@pytest.mark.always("bridge-error-unseen")
@ways(end=FAILED, seconds={"at once": 0.0, "later": 0.01}, debug={"debug": True, "usual": False})
def test_nobody_hears_of_an_error_whose_future_is_not_asked(
    end: End, seconds: float, debug: bool
) -> None:
    # no mutant: в примере у каждого Future вызывают result()
    seen: list[type[BaseException]] = []
    with _loop_in_a_thread() as loop:
        loop.set_debug(debug)
        loop.set_exception_handler(lambda _, about: seen.append(type(about["exception"])))
        wait([asyncio.run_coroutine_threadsafe(end.after(seconds), loop)], timeout=60)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(60)
        gc.collect()
        assert not seen
        # A task that nobody asks is heard of.
        asyncio.run_coroutine_threadsafe(_left(end), loop).result(60)
        gc.collect()
        assert seen == [end.error]
        # Nor is what a cancelled one raises lost: its future has no place for it.
        started, go_on = threading.Event(), threading.Event()
        go_on.set()
        future = asyncio.run_coroutine_threadsafe(_wait(end, started, go_on, []), loop)
        assert started.wait(60)
        assert future.cancel()
        del future
        deadline = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < deadline:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.001), loop).result(60)
            gc.collect()
    assert seen == [end.error] * 2


async def _left(end: End) -> None:
    await asyncio.wait([asyncio.create_task(end.after(0))])


@pytest.mark.always("bridge-timeout-of-whom")
@ways(inside={"its own deadline": True, "the thread's": False})
def test_either_deadline_is_the_same_error(inside: bool) -> None:
    # no mutant: в примере срока нет
    async def work() -> None:
        await asyncio.wait_for(asyncio.Event().wait(), 0 if inside else None)

    with _loop_in_a_thread() as loop:
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        with pytest.raises(TimeoutError):
            future.result(60 if inside else 0.01)
        assert future.done() == inside
        future.cancel()


@pytest.mark.always("bridge-cancelled-type")
@ways(how={"by itself": False, "by the loop": True})
def test_a_cancelled_coroutine_raises_an_ordinary_exception(how: bool) -> None:
    # no mutant: в примере корутину никто не отменяет
    async def work() -> None:
        task = asyncio.current_task()
        assert task
        if how:
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.sleep(100)
        raise asyncio.CancelledError

    with _loop_in_a_thread() as loop:
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        with pytest.raises(CancelledError):
            future.result(10)
        assert future.cancelled()
    assert issubclass(CancelledError, Exception)
    assert not issubclass(CancelledError, asyncio.CancelledError)
    assert not issubclass(asyncio.CancelledError, Exception)


async def _stop() -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(100)


STOPS = {name: end.after for name, end in EXITS.items()} | {"stop": lambda _: _stop()}


@pytest.mark.always("bridge-result-stopped-loop")
@ways(stop=STOPS)
def test_the_future_of_a_stopped_loop_never_ends(
    stop: Callable[[float], Coroutine[Any, Any, Any]],
) -> None:
    # no mutant: в примере обе корутины закончились раньше, чем остановлен цикл
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    thread = threading.Thread(target=_run, args=(loop,))
    future = asyncio.run_coroutine_threadsafe(stop(0), loop)
    thread.start()
    thread.join()
    assert not future.done()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task._log_destroy_pending = False
    loop.close()
    assert not future.done()
    with pytest.raises(TimeoutError):
        future.result(0)


@pytest.mark.always("bridge-stop-under-run")
@ways(run=RUNS, by_thread={"by a thread": True, "in the loop": False})
def test_stopping_the_loop_of_asyncio_run_is_an_error(run: Run, by_thread: bool) -> None:
    # no mutant: в примере цикл запускает run_forever
    given: list[Future[Any]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        given.append(asyncio.run_coroutine_threadsafe(asyncio.sleep(100), loop))
        await asyncio.sleep(0)
        if by_thread:
            await asyncio.to_thread(loop.call_soon_threadsafe, loop.stop)
        else:
            loop.stop()
        await asyncio.sleep(10)

    with pytest.raises(RuntimeError, match="Event loop stopped"):
        run(main())
    with pytest.raises(CancelledError):
        given[0].result(0)


class _GivenWhileItEnds:
    """A thread that gives a loop a coroutine while `asyncio.run` finishes its generators."""

    def __init__(self) -> None:
        self.ends, self.given = threading.Event(), threading.Event()
        self.before: Future[Any] | None = None
        self.late: Future[Any] | None = None

    async def _work(self) -> None:
        task: Any = asyncio.current_task()
        task._log_destroy_pending = False
        await asyncio.Event().wait()

    async def _stream(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.ends.set()
            assert self.given.wait(60)

    def _give(self, loop: asyncio.AbstractEventLoop) -> None:
        self.before = asyncio.run_coroutine_threadsafe(self._work(), loop)
        assert self.ends.wait(60)
        self.late = asyncio.run_coroutine_threadsafe(self._work(), loop)
        self.given.set()

    async def main(self) -> None:
        self.stream = self._stream()
        await anext(self.stream)
        thread = threading.Thread(target=self._give, args=(asyncio.get_running_loop(),))
        thread.start()
        while not self.before:  # noqa: ASYNC110 - a thread tells it
            await asyncio.sleep(0.001)


@pytest.mark.sometimes("bridge-given-too-late")
def test_a_coroutine_given_while_the_loop_ends_is_left() -> None:
    # no mutant: в примере asyncio.run не кончается
    given = _GivenWhileItEnds()
    asyncio.run(given.main())
    assert given.before
    assert given.late
    with pytest.raises(CancelledError):
        given.before.result(60)
    assert not given.late.done()
    with pytest.raises(TimeoutError):
        given.late.result(0)


async def _wait(end: End, started: threading.Event, go_on: threading.Event, seen: list[str]) -> str:
    """Wait to be cancelled, then for the thread, and end in this way."""
    started.set()
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        seen.append("asked")
        await asyncio.to_thread(go_on.wait)
        seen.append("cleaned up")
        return end.reach()
    return ""


@pytest.mark.always("bridge-cancel")
@ways(end=ENDED)
def test_cancelling_the_future_asks_the_task(end: End) -> None:
    seen = _seen_after_cancel(end, before_the_end=False)
    assert seen == ["asked", "cleaned up", "the future raises"]


def _begun_after_a_cancel_before_the_start(*, eager: bool = False) -> bool:
    """Tell whether a coroutine begins whose future was cancelled while its loop was busy."""
    begun, go_on = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()

    with _loop_in_a_thread() as loop:
        if eager:
            # Ruff reads for 3.11, which lacks it.
            loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        loop.call_soon_threadsafe(go_on.wait)
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        assert future.cancel()
        go_on.set()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), loop).result(10)
    return begun.is_set()


@pytest.mark.sometimes("bridge-cancel-first-step", before="3.13")
def test_a_coroutine_may_begin_after_its_future_was_cancelled() -> None:
    # no mutant: в примере корутину не отменяют
    assert _begun_after_a_cancel_before_the_start()


@pytest.mark.skipif(sys.version_info < (3, 13), reason="it may begin")
@ways(eager={"eager": True, "usual": False})
def test_a_newer_loop_does_not_begin_it(eager: bool) -> None:
    # gh-105836: these releases begin it, too.
    begins = sys.version_info < (3, 13, 12) or (3, 14) <= sys.version_info < (3, 14, 3)
    assert _begun_after_a_cancel_before_the_start(eager=eager) is (eager or begins)


@pytest.mark.always("bridge-cancel-at-once")
@ways(end=ENDED)
def test_the_cancelled_future_waits_for_nothing(end: End) -> None:
    seen = _seen_after_cancel(end, before_the_end=True)
    assert seen in (
        ["the future raises", "asked", "cleaned up"],
        ["asked", "the future raises", "cleaned up"],
    )


def _seen_after_cancel(end: End, *, before_the_end: bool) -> list[str]:
    """Return what happened, in order; `before_the_end`: ask for the result before the clean-up."""
    seen: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def ask() -> None:
        with pytest.raises(CancelledError):
            future.result(10)
        seen.append("the future raises")

    with _loop_in_a_thread() as loop:
        loop.call_soon_threadsafe(loop.set_exception_handler, lambda *_: None)
        future = asyncio.run_coroutine_threadsafe(_wait(end, started, go_on, seen), loop)
        assert started.wait(10)
        assert future.cancel()
        if before_the_end:
            ask()
        go_on.set()
        while "cleaned up" not in seen:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
        if not before_the_end:
            ask()
    return seen


@pytest.mark.always("bridge-closed-loop")
# one way: a fact about one function
def test_a_closed_loop_raises() -> None:
    with _loop_in_a_thread() as loop:
        loop.call_soon_threadsafe(int)
    with pytest.raises(RuntimeError):
        loop.call_soon_threadsafe(int)


Calls = Callable[[asyncio.AbstractEventLoop], object]
CALLS: dict[str, Calls] = {
    "call_soon": lambda loop: loop.call_soon(int),
    "call_later": lambda loop: loop.call_later(1, int),
    "call_at": lambda loop: loop.call_at(1, int),
}


@pytest.mark.always("bridge-debug")
@ways(call=CALLS)
def test_debug_mode_raises_in_the_wrong_thread(call: Calls) -> None:
    trace = play("bridges/from_thread_debug")
    assert trace.ordered("RuntimeError: call_soon from another thread", "hello, loop")
    assert "hello" not in trace.lines

    def refused(loop: asyncio.AbstractEventLoop, debug: bool) -> bool:
        loop.set_debug(debug)
        try:
            call(loop)
        except RuntimeError:
            return True
        return False

    with _loop_in_a_thread() as loop:
        assert refused(loop, debug=True)
        assert not refused(loop, debug=False)
    idle = asyncio.new_event_loop()
    assert not refused(idle, debug=True), "a loop that doesn't run has no thread"
    idle.close()


@pytest.mark.always("bridge-debug-silent")
# one way: the two objects named, with one that is waited for as the contrast
def test_debug_mode_is_silent_when_nobody_waits() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        queue: asyncio.Queue[str] = asyncio.Queue()
        future = asyncio.get_running_loop().create_future()
        await asyncio.to_thread(queue.put_nowait, "item")
        await asyncio.to_thread(future.set_result, "outcome")
        assert queue.get_nowait() == "item"
        assert await future == "outcome"

        watched = asyncio.get_running_loop().create_future()
        watched.add_done_callback(print)
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(watched.set_result, "outcome")
        asyncio.get_running_loop().set_debug(False)

    perform(main)


@pytest.mark.always("bridge-queue-full")
# one way: a fact about one function
def test_the_thread_does_not_hear_of_a_full_queue() -> None:
    async def main() -> None:
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[int](maxsize=1)
        seen: list[BaseException] = []
        loop.set_exception_handler(lambda _, about: seen.append(about["exception"]))

        def fill() -> str:
            for item in range(3):
                loop.call_soon_threadsafe(queue.put_nowait, item)
            return "the thread heard nothing"

        assert await asyncio.to_thread(fill) == "the thread heard nothing"
        # A thread that is done already lets `await` go on at once, from 3.13 on.
        await asyncio.sleep(0)
        assert [type(error) for error in seen] == [asyncio.QueueFull] * 2
        assert queue.get_nowait() == 0

        def put() -> list[bool]:
            puts = [asyncio.run_coroutine_threadsafe(queue.put(item), loop) for item in range(3)]
            for item in puts:
                item.result(10)
            return [item.done() for item in puts]

        putting = asyncio.create_task(asyncio.to_thread(put))
        assert [await queue.get() for _ in range(3)] == [0, 1, 2]
        assert all(await putting)

    perform(main)


@pytest.mark.always("bridge-result-own-loop")
# one way: the loop stands still whatever it would run
def test_result_in_the_loop_s_own_thread_waits_in_vain() -> None:
    trace = play("bridges/from_thread_result_broken")
    assert trace.ordered("main: waited for my own loop", "fetch: first step")
    fixed = play("bridges/from_thread_result_fixed")
    assert fixed.ordered("fetch: first step", "main: page")
    fetch = load("bridges/from_thread_result_broken").fetch
    for patience in (0, 0.01, 0.05):

        async def main(patience: float = patience) -> None:
            future = asyncio.run_coroutine_threadsafe(fetch(), asyncio.get_running_loop())
            with pytest.raises(TimeoutError):
                future.result(patience)
            print("gave up")
            assert await asyncio.wrap_future(future) == "page"

        assert perform(main).ordered("gave up", "fetch: first step")


NEEDS: dict[str, Callable[[], Awaitable[object]]] = {
    "to_thread": lambda: asyncio.to_thread(int),
    "an address": lambda: asyncio.get_running_loop().getaddrinfo("localhost", 80),
}


@pytest.mark.always("bridge-wrappers-fill-the-pool")
@ways(need=NEEDS, count={"1": 1, "3": 3})
def test_wrappers_take_the_threads_that_their_coroutines_need(
    need: Callable[[], Awaitable[object]], count: int
) -> None:
    # no mutant: в примере обёртка одна, а её корутине поток не нужен
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(count))
        futures, passed = list[Future[str]](), list[str]()

        async def fetch() -> str:
            await need()
            passed.append("page")
            return "page"

        def load() -> str:
            futures.append(asyncio.run_coroutine_threadsafe(fetch(), loop))
            return futures[-1].result()

        with ThreadPoolExecutor(count) as own:
            of_their_own = (loop.run_in_executor(own, load) for _ in range(count))
            assert await asyncio.gather(*of_their_own) == passed == ["page"] * count
        futures.clear()
        passed.clear()
        calls = [asyncio.create_task(asyncio.to_thread(load)) for _ in range(count)]
        while len(futures) < count:  # noqa: ASYNC110 - threads tell it
            await asyncio.sleep(0.001)
        done, _ = await asyncio.wait(calls, timeout=0.1)
        assert not done
        assert not passed
        futures[0].cancel()  # its wrapper gives its thread back
        await asyncio.wait(calls)
        assert len(passed) >= count - 1

    asyncio.run(main())


GUARDS: dict[str, Callable[[], Guard]] = {
    "Lock": asyncio.Lock,
    "Condition": asyncio.Condition,
    "Semaphore": lambda: asyncio.Semaphore(1),
}


@pytest.mark.always("bridge-lock-in-the-loop")
@ways(make=GUARDS)
def test_one_at_a_time_is_inside_whoever_gave_it_to_the_loop(make: Callable[[], Guard]) -> None:
    async def most_inside(guard: Guard) -> int:
        loop, inside, most = asyncio.get_running_loop(), 0, 0

        async def enter() -> None:
            nonlocal inside, most
            async with guard:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(1)
                inside -= 1

        def from_a_thread() -> None:
            asyncio.run_coroutine_threadsafe(enter(), loop).result(10)

        threads = [asyncio.to_thread(from_a_thread) for _ in range(3)]
        await asyncio.gather(*threads, enter(), enter())
        return most

    async def main() -> None:
        assert await most_inside(make()) == 1
        assert await most_inside(nullcontext()) > 1
        print("asserted")

    assert perform(main).lines == ["asserted"]
