"""Proofs for source/tasks/task-future.md."""

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Callable

import pytest
from proven.stage import load, perform, play

from tests.ways import (
    ENDED,
    EXITS,
    FUTURES,
    MOMENTS,
    STARTED_EAGERLY,
    Awaited,
    End,
    Moment,
    Started,
    but,
    only,
    outcome_of,
    ways,
)


@pytest.mark.always("future-waits-for-outsider")
# one way: nobody does anything
def test_a_future_waits_until_somebody_completes_it() -> None:
    assert play("tasks/task_future_by_hand").at("main: pong") == 2
    for patience in (10, 10_000, 10_000_000):

        async def main(patience: float = patience) -> None:
            future = asyncio.get_running_loop().create_future()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(future, patience)

        assert perform(main).elapsed == patience


@pytest.mark.always("task-is-future")
# one way: a fact about two classes
def test_a_task_is_a_future_and_not_the_other_way_round() -> None:
    # no mutant: речь о наследовании классов, изменения в программе его не отменят
    assert issubclass(asyncio.Task, asyncio.Future)
    assert not issubclass(asyncio.Future, asyncio.Task)
    assert play("tasks/task_future_kinds").find("a Task is a Future: True")


@pytest.mark.always("future-made-by-library")
# one way: a fact about two functions
def test_sleep_and_run_in_executor_make_bare_futures() -> None:
    assert play("tasks/task_future_kinds").find("run_in_executor: Future")

    def waits_for(seconds: float) -> object:
        """Return what the loop gets from a sleep: for what it has to wait."""
        sleeping = asyncio.sleep(seconds)
        asked = sleeping.send(None)
        sleeping.close()
        return asked

    def is_bare_future(made: object) -> bool:
        return isinstance(made, asyncio.Future) and not isinstance(made, asyncio.Task)

    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(1))
        in_thread = asyncio.get_running_loop().run_in_executor(None, int)
        for_nothing, for_a_timer = (waits_for(seconds) for seconds in (0, 1))
        assert is_bare_future(for_a_timer)
        assert is_bare_future(in_thread)
        assert not is_bare_future(for_nothing)
        assert not is_bare_future(task)
        await in_thread

    perform(main)


@pytest.mark.always("task-set-result-forbidden")
@ways(started=but(STARTED_EAGERLY, "TaskGroup"), moment=MOMENTS, end=ENDED)
def test_nobody_else_sets_the_outcome_of_a_task(started: Started, moment: Moment, end: End) -> None:
    async def main() -> None:
        async with started() as start:
            task = start(end.after(0.5))
            await moment()
            with pytest.raises(RuntimeError):
                task.set_result("foreign")
            with pytest.raises(RuntimeError):
                task.set_exception(ValueError())
            outcome = await asyncio.gather(task, return_exceptions=True)
            assert [type(outcome[0])] == [end.error or str]

    perform(main)


@pytest.mark.always("task-only-methods")
# one way: a fact about two classes
def test_what_only_a_task_has() -> None:
    only = {name for name in set(dir(asyncio.Task)) - set(dir(asyncio.Future)) if name[0] != "_"}
    expected = {"get_coro", "get_name", "set_name", "get_stack", "print_stack"}
    expected |= {"cancelling", "uncancel"}
    if sys.version_info >= (3, 12):
        expected |= {"get_context"}
    assert only == expected


def _endings() -> dict[str, Callable[[], asyncio.Future[float]]]:
    divide = load("tasks/task_future_outcomes").divide

    def future(
        end: Callable[[asyncio.Future[float]], object],
    ) -> Callable[[], asyncio.Future[float]]:
        def make() -> asyncio.Future[float]:
            made = asyncio.get_running_loop().create_future()
            end(made)
            return made

        return make

    def cancelled_task() -> asyncio.Future[float]:
        task = asyncio.create_task(divide(6, 3))
        task.cancel()
        return task

    return {
        "future result": future(lambda made: made.set_result(3)),
        "future failed": future(lambda made: made.set_exception(ZeroDivisionError())),
        "future cancelled": future(lambda made: made.cancel()),
        "task result": lambda: asyncio.create_task(divide(6, 2)),
        "task failed": lambda: asyncio.create_task(divide(6, 0)),
        "task cancelled": cancelled_task,
    }


ENDINGS = {name: name for name in _endings()}


@pytest.mark.always("future-three-outcomes")
@ways(ending=ENDINGS)
def test_exactly_one_of_three_outcomes(ending: str) -> None:
    lines = play("tasks/task_future_outcomes").lines
    assert [line.partition(":")[0] for line in lines] == ["result", "failed", "cancelled"]

    def outcomes(future: asyncio.Future[float]) -> list[str]:
        seen = []
        if future.cancelled():
            seen.append("cancelled")
        try:
            future.result()
            seen.append("result")
        except ZeroDivisionError:
            seen.append("failed")
        except asyncio.CancelledError:
            pass
        return seen

    async def main() -> None:
        future = _endings()[ending]()
        await asyncio.wait([future])
        assert future.done()
        assert outcomes(future) == [ending.partition(" ")[2]]

    perform(main)


@pytest.mark.always("future-cancelled-raises")
@ways(ending=only(ENDINGS, "future cancelled", "task cancelled"))
def test_a_cancelled_future_raises_from_result_and_exception(ending: str) -> None:
    async def main() -> None:
        future = _endings()[ending]()
        await asyncio.wait([future])
        for method in (future.result, future.exception):
            with pytest.raises(asyncio.CancelledError):
                method()

    perform(main)


@pytest.mark.always("future-separate-classes")
# one way: a fact about two classes
def test_the_two_futures_are_not_related() -> None:
    # no mutant: речь о наследовании классов, изменения в программе его не добавят
    assert not issubclass(asyncio.Future, concurrent.futures.Future)
    assert not issubclass(concurrent.futures.Future, asyncio.Future)


@pytest.mark.always("future-callback-when")
@ways(end=ENDED)
def test_when_a_callback_runs(end: End) -> None:
    trace = play("tasks/task_future_two_kinds")
    assert trace.ordered("concurrent: callback", "concurrent: set_result returned")
    assert trace.ordered(
        "asyncio: set_result returned", "asyncio: callback", "asyncio: one pass later"
    )
    pooled: concurrent.futures.Future[str] = concurrent.futures.Future()
    ran_in = []
    pooled.add_done_callback(lambda _: ran_in.append(threading.current_thread()))
    setter = threading.Thread(target=end.put_into, args=(pooled,))
    setter.start()
    setter.join()
    assert ran_in == [setter]

    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: print("callback"))
        asyncio.get_running_loop().call_soon(print, "queued earlier")
        end.put_into(future)
        print("set")
        await asyncio.sleep(0)
        print("one pass later")
        assert future.cancelled() or bool(future.exception()) == bool(end.error)

    assert perform(main).lines == ["set", "queued earlier", "callback", "one pass later"]


@pytest.mark.always("future-result-not-ready")
@ways(made=FUTURES)
def test_an_early_result_raises(made: Awaited) -> None:
    async def main() -> None:
        future = made(1, End())
        assert isinstance(future, asyncio.Future)
        with pytest.raises(asyncio.InvalidStateError):
            future.result()
        await future
        assert future.result() in ("result", ["result"])

    perform(main)


RENAMED = (concurrent.futures.CancelledError, concurrent.futures.InvalidStateError)
CHANGED = {error.__name__: End(error) for error in (StopIteration, *RENAMED)}


@pytest.mark.always("future-wrap")
@ways(end=ENDED | EXITS | CHANGED, late={"before": False, "later": True})
def test_a_wrapped_future_has_the_same_outcome(end: End, late: bool) -> None:
    async def main() -> None:
        pooled: concurrent.futures.Future[str] = concurrent.futures.Future()
        if not late:
            end.put_into(pooled)
        wrapped = asyncio.wrap_future(pooled)
        assert isinstance(wrapped, asyncio.Future)
        if late:
            await asyncio.sleep(0)
            end.put_into(pooled)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await asyncio.wait([wrapped], timeout=10)
        assert wrapped.done() or (end.error is StopIteration and sys.version_info < (3, 13))
        same = wrapped.done() and await outcome_of(wrapped) == end.outcome
        assert same == (end not in CHANGED.values())
        if same and end.error and not wrapped.cancelled():
            assert wrapped.exception() is pooled.exception()

        late_reply, error = concurrent.futures.Future[str](), TimeoutError()
        late_reply.set_exception(error)
        copied = asyncio.wrap_future(late_reply)
        await asyncio.wait([copied])
        assert isinstance(copied.exception(), TimeoutError)
        assert (copied.exception() is error) == (sys.version_info >= (3, 13))

        waiting, running = (concurrent.futures.Future[str]() for _ in range(2))
        running.set_running_or_notify_cancel()
        for future in (waiting, running):
            asyncio.wrap_future(future).cancel()
        await asyncio.sleep(0)
        assert waiting.cancelled()
        assert running.running()

    perform(main)


@pytest.mark.sometimes("future-done-checked-outside")
@ways(inside={"checked by the thread": False, "checked by the loop": True})
def test_what_a_thread_checked_may_be_over(inside: bool) -> None:
    # no mutant: в примере нет другого потока
    async def main() -> None:
        loop, logged = asyncio.get_running_loop(), list[object]()
        loop.set_exception_handler(lambda _, context: logged.append(context.get("exception")))
        reply: asyncio.Future[str] = loop.create_future()

        def on_reply() -> None:
            if not reply.done():
                reply.set_result("pong")

        def receive() -> None:
            if inside:
                loop.call_soon_threadsafe(on_reply)
            elif not reply.done():
                loop.call_soon_threadsafe(reply.set_result, "pong")

        receiver = threading.Thread(target=receive)
        receiver.start()
        receiver.join()
        reply.cancel()
        await asyncio.sleep(1)
        expected = [] if inside else [asyncio.InvalidStateError]
        assert [type(error) for error in logged] == expected

    perform(main)


@pytest.mark.always("future-set-twice")
@ways(first=ENDED, second=but(ENDED, "cancelled"))
def test_a_done_future_takes_no_second_outcome(first: End, second: End) -> None:
    trace = play("tasks/task_future_late_reply_broken")
    assert trace.at("main: gave up, cancelled: True") == 1
    assert trace.at("InvalidStateError: the future is done already") == 2
    assert play("tasks/task_future_late_reply_fixed").at("too late: pong") == 2

    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        first.put_into(future)
        with pytest.raises(asyncio.InvalidStateError):
            future.set_result("") if not second.error else future.set_exception(second.error())
        assert future.cancelled() or bool(future.exception()) == bool(first.error)

    perform(main)
