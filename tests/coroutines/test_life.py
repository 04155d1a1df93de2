"""Proofs for source/coroutines/life.md."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import CORO_CLOSED, CORO_CREATED, CORO_SUSPENDED, getcoroutinestate

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

CREATED, SUSPENDED, CLOSED = (f"main: {s}" for s in (CORO_CREATED, CORO_SUSPENDED, CORO_CLOSED))


@pytest.mark.always("life-created")
def test_a_fresh_coroutine_has_run_nothing() -> None:
    trace = play("coroutines/life_steps")
    assert trace.lines[0] == CREATED
    assert trace.ordered(CREATED, "main: the task is created", "job: begins")


@pytest.mark.always("life-first-step")
def test_the_first_step_goes_to_the_first_real_suspension() -> None:
    steps = ("job: begins", "prepare: no waiting here", "job: after the first await")
    for trace in interleavings(load("coroutines/life_steps").main):
        first = trace.lines.index(steps[0])
        assert tuple(trace.lines[first : first + 3]) == steps
        assert trace.at(steps[-1]) == 0
        assert trace.at("job: wakes up") == 1
    assert play("coroutines/life_steps").ordered(*steps, SUSPENDED, "job: wakes up")


@pytest.mark.always("life-suspended")
def test_a_waiting_coroutine_is_suspended() -> None:
    async def wait(times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(1)

    async def main() -> None:
        coroutine = wait(5)
        task = asyncio.create_task(coroutine)
        await asyncio.sleep(0.5)
        for _ in range(5):
            assert getcoroutinestate(coroutine) == CORO_SUSPENDED
            await asyncio.sleep(1)
        assert task.done()
        assert getcoroutinestate(coroutine) == CORO_CLOSED

    perform(main)


@pytest.mark.always("life-closed")
def test_result_exception_and_cancellation_close_alike() -> None:
    async def end(error: Exception | None, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if error:
            raise error

    async def main() -> None:
        for error, seconds in ((None, 1), (ValueError(), 1), (None, 10)):
            coroutine = end(error, seconds)
            task = asyncio.create_task(coroutine)
            await asyncio.sleep(2)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() == (seconds > 2)
            assert getcoroutinestate(coroutine) == CORO_CLOSED
            assert task.cancelled() or task.exception() is error

    perform(main)


@pytest.mark.always("life-wake-up-queued")
def test_set_result_resumes_nobody_by_itself() -> None:
    for trace in interleavings(load("coroutines/life_wake_up").main):
        assert trace.ordered("main: set_result returned, done: True", "waiter: resumed")


@pytest.mark.always("life-wake-up-after-earlier")
def test_what_was_queued_earlier_runs_first() -> None:
    assert play("coroutines/life_wake_up").ordered(
        "main: set_result returned, done: True", "callback: was queued earlier", "waiter: resumed"
    )


@pytest.mark.always("life-send-without-loop")
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
def test_sleep_without_a_running_loop_is_a_runtime_error() -> None:
    with pytest.raises(RuntimeError):
        asyncio.sleep(1).send(None)
    assert play("coroutines/life_without_loop").lines[1].startswith("sleep: RuntimeError")


@pytest.mark.always("life-no-second-await")
def test_a_used_coroutine_cannot_be_awaited_again() -> None:
    trace = play("coroutines/life_cache_broken")
    assert [line.partition(":")[0] for line in trace.lines] == ["page 1", "RuntimeError"]
    fixed = play("coroutines/life_cache_fixed")
    assert fixed.lines == ["page 1", "page 1"]
    assert fixed.elapsed == 1, "one download for both"


@pytest.mark.always("life-shared-task-cancelled")
def test_who_is_cancelled_takes_the_shared_task_along() -> None:
    def outcomes(guard: Callable[[Awaitable[str]], Awaitable[str]]) -> list[object]:
        fetch = load("coroutines/life_cache_fixed").fetch

        async def ask() -> str:
            return await guard(fetch(1))

        async def main() -> None:
            impatient, patient = asyncio.create_task(ask()), asyncio.create_task(ask())
            await asyncio.sleep(0.5)
            impatient.cancel()
            got.extend(await asyncio.gather(impatient, patient, return_exceptions=True))

        got: list[object] = []
        perform(main)
        return got

    bare, shielded = outcomes(lambda task: task), outcomes(asyncio.shield)
    assert [type(outcome) for outcome in bare] == [asyncio.CancelledError] * 2
    assert isinstance(shielded[0], asyncio.CancelledError)
    assert shielded[1] == "page 1"
