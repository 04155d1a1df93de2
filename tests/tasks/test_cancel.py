"""Proofs for source/tasks/cancel.md."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import (
    ACTORS,
    AWAITED,
    ENDED,
    FAILED,
    MOMENTS,
    SOME,
    STARTED,
    STARTED_EAGERLY,
    Actor,
    Awaited,
    End,
    Moment,
    Started,
    but,
    ways,
)


@pytest.mark.always("cancel-only-asks")
@ways(started=STARTED_EAGERLY, moment=MOMENTS)
def test_cancel_returns_before_anything_happens(started: Started, moment: Moment) -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.ordered("main: accepted: True, done: False", "download: closing")
    assert trace.at("main: accepted: True, done: False") == 2

    async def main() -> None:
        async with started() as start:
            task = start(asyncio.sleep(100))
            await moment()
            assert task.cancel() is True
            assert not task.done()

    assert perform(main).elapsed < 100


@pytest.mark.always("cancel-at-await")
@ways(awaited=AWAITED)
def test_the_error_comes_at_the_await_where_the_task_stands(awaited: Awaited) -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.at("download: closing") == 2
    assert "download: done" not in trace.lines
    for second in range(5):

        async def steps() -> None:
            for step in range(5):
                try:
                    await awaited(1, End())
                except asyncio.CancelledError:
                    print(f"cancelled in step {step}")
                    raise

        async def main(second: int = second) -> None:
            task = asyncio.create_task(steps())
            await asyncio.sleep(second + 0.5)
            task.cancel()
            await asyncio.wait([task])

        assert perform(main).at(f"cancelled in step {second}") == second + 0.5

    async def swallow() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        return "swallowed"

    async def waits_for_a_task() -> None:
        async def wait() -> str:
            return await asyncio.create_task(swallow())

        task = asyncio.create_task(wait())
        await asyncio.sleep(1)
        task.cancel()
        assert await task == "swallowed"

    perform(waits_for_a_task)


@pytest.mark.always("cancel-finally-runs")
@ways(started=STARTED, awaited=AWAITED)
def test_finally_runs_to_its_end_and_may_wait(started: Started, awaited: Awaited) -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.at("download: closed") == trace.at("download: closing") + 1
    assert trace.ordered("download: closed", "main: cancelled: True")

    async def work() -> None:
        try:
            await awaited(100, End())
        finally:
            print("closing")
            await awaited(1, End())
            print("closed")

    async def main(requests: int) -> None:
        async with started() as start:
            task = start(work())
            for _ in range(requests):
                await asyncio.sleep(0.5)
                task.cancel()
            await asyncio.wait([task])
            print("ended")

    once, twice = perform(lambda: main(1)), perform(lambda: main(2))
    assert (once.at("closing"), once.at("closed"), once.at("ended")) == (0.5, 1.5, 1.5)
    assert twice.at("closing") == 0.5
    assert "closed" not in twice.lines
    assert twice.at("ended") == 1, "the second request ends the wait in `finally`"


async def _by_await(task: asyncio.Task[None]) -> None:
    await task


async def _by_gather(task: asyncio.Task[None]) -> None:
    await asyncio.gather(task)


async def _by_wait_for(task: asyncio.Task[None]) -> None:
    await asyncio.wait_for(task, 1000)


async def _by_wait(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])


async def _by_as_completed(task: asyncio.Task[None]) -> None:
    for earliest in asyncio.as_completed([task]):
        await earliest


async def _by_shield(task: asyncio.Task[None]) -> None:
    await asyncio.shield(task)


Waits = Callable[["asyncio.Task[None]"], Coroutine[Any, Any, None]]
INWARD: dict[str, Waits] = {"await": _by_await, "gather": _by_gather, "wait_for": _by_wait_for}
OUTSIDE: dict[str, Waits] = {
    "wait": _by_wait,
    "as_completed": _by_as_completed,
    "shield": _by_shield,
}


@pytest.mark.always("cancel-goes-inward")
@ways(waits=INWARD | OUTSIDE)
def test_the_awaited_task_is_cancelled_too(waits: Waits) -> None:
    for depth in (1, 2, 5):

        async def main(depth: int = depth) -> None:
            tasks = [asyncio.create_task(asyncio.sleep(100))]
            for _ in range(depth):
                tasks.append(asyncio.create_task(waits(tasks[-1])))
            await asyncio.sleep(1)
            tasks[-1].cancel()
            await asyncio.wait(tasks[-1:])
            assert tasks[-1].cancelled()
            inner = tasks[:-1]
            if waits in INWARD.values():
                assert all(task.cancelled() for task in inner)
            else:
                assert {(task.done(), task.cancelling()) for task in inner} == {(False, 0)}

        assert perform(main).elapsed == 1

    async def by_group() -> None:
        inner: list[asyncio.Task[None]] = []

        async def wait() -> None:
            async with asyncio.TaskGroup() as group:
                inner.append(group.create_task(asyncio.sleep(100)))

        outer = asyncio.create_task(wait())
        await asyncio.sleep(1)
        outer.cancel()
        await asyncio.wait([outer])
        assert outer.cancelled()
        assert inner[0].cancelled()

    perform(by_group)


@pytest.mark.always("cancel-inward-waits")
@ways(end=ENDED)
def test_the_waiter_gets_what_the_clean_up_of_the_other_ends_with(end: End) -> None:
    async def inner() -> str:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            return await end.after(2)
        return "finished"

    async def wait_for(task: asyncio.Task[str]) -> None:
        try:
            print(await task)
        except BaseException as error:
            print(type(error).__name__)

    async def main() -> None:
        outer = asyncio.create_task(wait_for(asyncio.create_task(inner())))
        await asyncio.sleep(1)
        outer.cancel()
        await outer

    expected = end.error.__name__ if end.error else "result"
    trace = perform(main)
    assert trace.lines == [expected]
    assert trace.at(expected) == 1 + 2


@pytest.mark.always("cancel-before-start")
@ways(started=STARTED)
def test_a_task_cancelled_before_its_first_step_runs_nothing(started: Started) -> None:
    async def at_once() -> None:
        async with started() as start:
            assert start(download()).cancel()

    download = load("tasks/cancel_before_start").download
    assert perform(at_once).lines == []
    assert play("tasks/cancel_before_start").lines == ["main: cancelled: True"]
    main = load("tasks/cancel_before_start").main
    assert {tuple(trace.lines) for trace in interleavings(main)} == {("main: cancelled: True",)}

    async def after_the_first_step() -> None:
        task = asyncio.create_task(download())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    trace = perform(after_the_first_step)
    assert trace.at("download: start") == 0
    assert trace.at("download: closed") == 1


@pytest.mark.always("cancel-done-false")
@ways(started=but(STARTED_EAGERLY, "TaskGroup"), end=ENDED)
def test_a_done_task_cannot_be_cancelled(started: Started, end: End) -> None:
    trace = play("tasks/cancel_busy")
    assert trace.at("main: accepted: False") == 3
    assert trace.ordered("compute: done", "main: accepted: False", "main: result")

    async def main() -> None:
        async with started() as start:
            task = start(end.after(1))
        await asyncio.wait([task])
        for _ in range(2):
            assert task.cancel() is False
            assert task.cancelling() == 0
            outcome = await asyncio.gather(task, return_exceptions=True)
            assert [type(outcome[0])] == [end.error or str]
        assert task.cancelled() == (end.error is asyncio.CancelledError)

    perform(main)


@pytest.mark.always("cancel-done-silences")
@ways(end=FAILED)
def test_cancel_of_a_failed_task_drops_the_message(end: End) -> None:
    async def main(cancels: bool) -> None:
        task = asyncio.create_task(end.after(1))
        await asyncio.wait([task])
        if cancels:
            task.cancel()

    for cancels in (False, True):
        stderr = perform(lambda cancels=cancels: main(cancels)).stderr
        assert ("never retrieved" in stderr) == (not cancels)


async def _by_to_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


async def _by_executor(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)


async def _by_to_thread_in_timeout(work: Callable[[], None]) -> None:
    async with asyncio.timeout(1):
        await asyncio.to_thread(work)


async def _by_to_thread_in_wait_for(work: Callable[[], None]) -> None:
    await asyncio.wait_for(asyncio.to_thread(work), 1)


InThread = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
IN_THREAD: dict[str, InThread] = {
    "to_thread": _by_to_thread,
    "run_in_executor": _by_executor,
    "in timeout": _by_to_thread_in_timeout,
    "in wait_for": _by_to_thread_in_wait_for,
}


@pytest.mark.always("cancel-thread-goes-on")
@ways(call=IN_THREAD)
def test_the_thread_goes_on(
    call: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
) -> None:
    trace = play("tasks/cancel_thread")
    assert trace.at("main: cancelled: True") == 1
    assert trace.at("thread: copied") == 3

    def work() -> None:
        time.sleep(3)
        print("thread: done")

    async def main() -> None:
        task = asyncio.create_task(call(work))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        print("main: goes on")
        with suppress(asyncio.CancelledError, TimeoutError):
            task.result()

    trace = perform(main)
    assert trace.at("main: goes on") == 1
    assert trace.at("thread: done") == 3


async def _by_condition(changed: asyncio.Condition) -> None:
    await changed.wait()


async def _by_condition_for(changed: asyncio.Condition) -> None:
    await changed.wait_for(lambda: False)


@pytest.mark.always("cancel-condition-takes-lock")
@ways(
    wait={"wait": _by_condition, "wait_for": _by_condition_for},
    requests=SOME,
    held={"another holds it": 5, "nobody holds it": 0},
)
def test_a_cancelled_wait_for_a_condition_takes_its_lock_first(
    wait: Callable[[asyncio.Condition], Coroutine[Any, Any, None]], requests: int, held: int
) -> None:
    # no mutant: дело в asyncio, Condition в примерах страницы нет
    async def main() -> None:
        changed = asyncio.Condition()

        async def waits() -> None:
            async with changed:
                try:
                    await wait(changed)
                finally:
                    print("left")

        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        if held:
            await changed.acquire()
        for _ in range(requests):
            task.cancel()
            await asyncio.sleep(0)
        if held:
            await asyncio.sleep(held)
            changed.release()
        await asyncio.wait([task])
        assert task.cancelled()

    assert perform(main).at("left") == held


@pytest.mark.sometimes("cancel-ignored")
def test_a_task_that_swallows_the_error_goes_on() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            print("ignored")
        await asyncio.sleep(5)
        return "result"

    async def main() -> None:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(1)
        assert task.cancel()
        assert await task == "result"
        assert not task.cancelled()

    trace = perform(main)
    assert trace.at("ignored") == 1
    assert trace.elapsed == 6


@pytest.mark.sometimes("cancel-from-thread")
def test_cancel_of_another_thread_does_not_wake_the_loop() -> None:
    # no mutant: будит ли вызов цикл, решает asyncio; пример показал бы это лишь часами
    async def main(threadsafe: bool) -> int:
        loop: Any = asyncio.get_running_loop()
        loop.set_debug(False)
        wake = loop._write_to_self
        woken: list[bool] = []
        loop._write_to_self = lambda: (woken.append(True), wake())
        task = asyncio.create_task(asyncio.sleep(100))
        await asyncio.sleep(0)
        cancel = partial(loop.call_soon_threadsafe, task.cancel) if threadsafe else task.cancel
        thread = threading.Thread(target=cancel)
        thread.start()
        thread.join()
        times = len(woken)
        await asyncio.wait([task])
        assert task.cancelled()
        return times

    assert [asyncio.run(main(threadsafe)) for threadsafe in (False, True)] == [0, 1]


async def _collect(seen: list[int]) -> None:
    """Swallow cancellations, noting the count of requests at each, until the sleep ends."""
    for _ in range(10):
        try:
            await asyncio.sleep(100)
            return
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task
            seen.append(task.cancelling())


@pytest.mark.always("cancel-counts")
@ways(act=ACTORS)
def test_requests_are_counted(act: Actor) -> None:
    counts: list[int] = []

    async def main() -> None:
        seen: list[int] = []
        task = asyncio.create_task(_collect(seen))
        for asked in range(1, 4):
            await asyncio.sleep(1)
            await act(lambda: counts.append((task.cancel(), task.cancelling())[1]))
            assert counts[-1] == asked
        await asyncio.sleep(1)
        assert seen == [1, 2, 3]
        assert [task.uncancel(), task.uncancel()] == [2, 1]
        assert task.cancelling() == 1
        await task

    perform(main)


@pytest.mark.always("cancel-count-after-group", before="3.13")
@ways(tasks=SOME, waits={"in its exit": True, "in its body": False})
def test_a_failed_group_leaves_a_request_in_the_count(tasks: int, waits: bool) -> None:
    # no mutant: дело в asyncio, групп в примерах страницы нет
    async def main() -> None:
        async def opens() -> None:
            with suppress(BaseExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    for _ in range(tasks):
                        group.create_task(End(OSError).after(1))
                    if not waits:
                        await asyncio.sleep(100)
            task = asyncio.current_task()
            assert task
            assert task.cancelling() == waits

        await asyncio.create_task(opens())

    perform(main)


@pytest.mark.always("cancel-delivered-once")
@ways(requests=SOME, awaited=AWAITED)
def test_requests_at_once_make_one_error(requests: int, awaited: Awaited) -> None:
    async def collect(seen: list[int]) -> None:
        task = asyncio.current_task()
        assert task
        for _ in range(5):
            try:
                await awaited(10, End())
            except asyncio.CancelledError:
                seen.append(task.cancelling())

    async def main() -> None:
        seen: list[int] = []
        task = asyncio.create_task(collect(seen))
        await asyncio.sleep(1)
        for _ in range(requests):
            task.cancel()
        await task
        assert seen == [requests]

    perform(main)


@pytest.mark.always("cancel-cleanup-later")
@ways(started=STARTED_EAGERLY, awaited=AWAITED)
def test_the_clean_up_has_not_begun_when_cancel_returns(started: Started, awaited: Awaited) -> None:
    async def wait() -> None:
        try:
            await awaited(100, End())
        finally:
            print("clean-up")

    async def cancels() -> None:
        async with started() as start:
            task = start(wait())
            await asyncio.sleep(1)
            task.cancel()
            print("asked")

    assert perform(cancels).lines == ["asked", "clean-up"]
    broken = play("tasks/cancel_not_awaited_broken")
    assert broken.at("main: session open: True") == 2
    assert broken.ordered("main: session open: True", "serve: closing")
    assert "session: closed" not in broken.lines, "asyncio.run cancels the clean-up itself"
    fixed = play("tasks/cancel_not_awaited_fixed")
    assert fixed.ordered("serve: closing", "session: closed", "main: session open: False")
    assert fixed.at("main: session open: False") == 3

    async def work() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            print("clean-up")

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        task.cancel()
        print("asked")
        await asyncio.wait([task])

    for trace in interleavings(main):
        assert trace.ordered("asked", "clean-up")
