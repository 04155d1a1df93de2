"""Proofs for source/coroutines/life.md."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from inspect import CORO_CLOSED, CORO_CREATED, CORO_SUSPENDED, getcoroutinestate
from types import SimpleNamespace
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import (
    AWAITED,
    ENDED,
    LEAVES,
    STARTED_EAGERLY,
    Awaited,
    End,
    Leave,
    Started,
    but,
    outcome_of,
    ways,
)

CREATED, SUSPENDED, CLOSED = (f"main: {s}" for s in (CORO_CREATED, CORO_SUSPENDED, CORO_CLOSED))


@pytest.mark.always("life-created")
# one way: a fact about one state
def test_a_fresh_coroutine_has_run_nothing() -> None:
    trace = play("coroutines/life_steps")
    assert trace.lines[0] == CREATED
    assert trace.ordered(CREATED, "main: the task is created", "job: begins")


@pytest.mark.always("life-first-step")
# one way: a coroutine is begun in one way
def test_the_first_step_goes_to_the_first_real_suspension() -> None:
    steps = ("job: begins", "prepare: no waiting here", "job: after the first await")
    for trace in interleavings(load("coroutines/life_steps").main):
        first = trace.lines.index(steps[0])
        assert tuple(trace.lines[first : first + 3]) == steps
        assert trace.at(steps[-1]) == 0
        assert trace.at("job: wakes up") == 1
    assert play("coroutines/life_steps").ordered(*steps, SUSPENDED, "job: wakes up")


async def _nothing() -> None:
    pass


async def _done_future() -> None:
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    await future


async def _done_task() -> None:
    task = asyncio.create_task(_nothing())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_soon(print, "another step")
    await task


@ways(
    first={
        "coroutine": (_nothing, False),
        "done future": (_done_future, False),
        "done task": (_done_task, False),
        "sleep(0)": (lambda: asyncio.sleep(0), True),
    }
)
def test_which_await_is_a_suspension(
    first: tuple[Callable[[], Coroutine[Any, Any, None]], bool],
) -> None:
    wait, suspends = first

    async def main() -> None:
        if wait is not _done_task:
            asyncio.get_running_loop().call_soon(print, "another step")
        await wait()
        print("after await")

    assert (perform(main).lines == ["another step", "after await"]) is suspends


@pytest.mark.always("life-suspended")
@ways(started=STARTED_EAGERLY, awaited=AWAITED)
def test_a_waiting_coroutine_is_suspended(started: Started, awaited: Awaited) -> None:
    async def wait(times: int) -> None:
        for _ in range(times):
            await awaited(1, End())

    async def main() -> None:
        coroutine = wait(3)
        async with started() as start:
            task = start(coroutine)
            await asyncio.sleep(0.5)
            for _ in range(3):
                assert getcoroutinestate(coroutine) == CORO_SUSPENDED
                await asyncio.sleep(1)
            assert task.done()
            assert getcoroutinestate(coroutine) == CORO_CLOSED

    perform(main)


@pytest.mark.always("life-closed")
@ways(started=but(STARTED_EAGERLY, "TaskGroup"), end=ENDED)
def test_result_exception_and_cancellation_close_alike(started: Started, end: End) -> None:
    async def main() -> None:
        async with started() as start:
            coroutine = end.after(1)
            assert await outcome_of(start(coroutine)) == end.outcome
            assert getcoroutinestate(coroutine) == CORO_CLOSED
            coroutine = end.after(10)
            task = start(coroutine)
            await asyncio.sleep(1)
            task.cancel()
            assert await outcome_of(task) is asyncio.CancelledError
            assert getcoroutinestate(coroutine) == CORO_CLOSED

    perform(main)


@pytest.mark.always("life-wake-up-queued")
@ways(end=ENDED)
def test_what_completes_a_future_resumes_nobody_by_itself(end: End) -> None:
    for trace in interleavings(load("coroutines/life_wake_up").main):
        assert trace.ordered("main: set_result returned, done: True", "waiter: resumed")

    async def main() -> None:
        async def wait() -> None:
            assert await outcome_of(future) == end.outcome
            print("resumed")

        future = asyncio.get_running_loop().create_future()
        waiter = asyncio.create_task(wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        end.put_into(future)
        print("completed")
        await waiter

    for trace in interleavings(main):
        assert trace.ordered("completed", "resumed")


@pytest.mark.always("life-wake-up-after-earlier")
@ways(end=ENDED)
def test_what_was_queued_earlier_runs_first(end: End) -> None:
    async def main() -> None:
        async def wait() -> None:
            await outcome_of(future)
            print("resumed")

        future = asyncio.get_running_loop().create_future()
        waiter = asyncio.create_task(wait())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(print, "queued earlier")
        end.put_into(future)
        await waiter

    assert perform(main).lines == ["queued earlier", "resumed"]
    assert play("coroutines/life_wake_up").ordered(
        "main: set_result returned, done: True", "callback: was queued earlier", "waiter: resumed"
    )


@pytest.mark.always("life-send-without-loop")
# one way: a fact about one method
def test_send_drives_a_coroutine_without_a_loop() -> None:
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    add = load("coroutines/life_without_loop").add
    for a, b in ((2, 3), ("x", "y")):
        with pytest.raises(StopIteration) as stop:
            add(a, b).send(None)
        assert stop.value.value == a + b
    assert play("coroutines/life_without_loop").lines[0] == "add: 5"


@pytest.mark.always("life-sleep-needs-loop")
# one way: a fact about one function
def test_sleep_without_a_running_loop_is_a_runtime_error() -> None:
    coroutine = asyncio.sleep(1)  # the call itself is no error
    with pytest.raises(RuntimeError):
        coroutine.send(None)
    assert play("coroutines/life_without_loop").lines[1].startswith("sleep: RuntimeError")


@pytest.mark.always("life-shared-task-cancelled")
@ways(leave=but(LEAVES, "sibling"))
def test_who_is_cancelled_takes_the_shared_task_along(leave: Leave) -> None:
    def outcome(
        guard: Callable[[Awaitable[str]], Awaitable[str]], work: Coroutine[Any, Any, str]
    ) -> object:
        async def main() -> None:
            async def ask() -> str:
                return await guard(shared)

            shared = asyncio.create_task(work)
            patient = asyncio.create_task(ask())
            await outcome_of(leave(ask(), 0.5))
            got.append(await outcome_of(patient))

        got: list[object] = []
        perform(main)
        return got[0]

    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        return await End().after(1)

    assert outcome(lambda task: task, End().after(1)) is asyncio.CancelledError
    assert outcome(asyncio.shield, End().after(1)) == "result"
    assert outcome(lambda task: task, stubborn()) == "result"


@pytest.mark.always("life-failed-task-raises-again")
@ways(end=ENDED)
def test_a_failed_task_raises_at_each_await(end: End) -> None:
    broken = play("coroutines/life_cache_broken")
    assert [line.partition(":")[0] for line in broken.lines] == ["page 1", "RuntimeError"]
    fixed = play("coroutines/life_cache_fixed")
    assert fixed.lines == ["page 1", "page 1"]
    assert fixed.elapsed == 1, "one download for both"

    async def main() -> None:
        task = asyncio.create_task(end.after(1))
        for _ in range(3):
            assert await outcome_of(task) == end.outcome

        cache = load("coroutines/life_cache_fixed")
        ends = [end, End()]
        cache.download.__globals__["asyncio"] = SimpleNamespace(
            **vars(asyncio) | {"sleep": lambda seconds: ends.pop(0).after(seconds)}
        )
        first = await outcome_of(cache.fetch(1))
        assert first == (end.error or "page 1")
        await asyncio.sleep(0)
        assert await cache.fetch(1) == "page 1"
        assert len(ends) == (0 if end.error else 1), "only a failure is forgotten"

    perform(main)

    async def impatient() -> None:
        cache = load("coroutines/life_cache_fixed")
        patient = asyncio.create_task(cache.fetch(1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.fetch(1), 0.5)
        assert await patient == "page 1"

    assert perform(impatient).elapsed == 1


@pytest.mark.always("life-cache-keeps-waiting")
@ways(leave=LEAVES, limited={"no limit of its own": False, "a limit of its own": True})
def test_who_leaves_leaves_the_download_in_the_cache(leave: Leave, limited: bool) -> None:
    cache = load("coroutines/life_cache_fixed")
    begun: list[int] = []

    async def hangs(page: int) -> str:
        begun.append(page)
        async with asyncio.timeout(1.5 if limited else None):
            await asyncio.sleep(1000)
        return f"page {page}"

    async def left() -> None:
        with suppress(TimeoutError, asyncio.CancelledError, BaseExceptionGroup):
            await leave(cache.fetch(1), 1)

    async def main() -> None:
        cache.fetch.__globals__["download"] = hangs
        await asyncio.wait({asyncio.create_task(left())})
        await asyncio.wait({asyncio.create_task(left())})
        assert begun == [1], "both waited for the same download"
        assert (1 in cache.pages) is not limited
        await asyncio.wait({asyncio.create_task(left())})
        assert begun == ([1, 1] if limited else [1])

    perform(main)
