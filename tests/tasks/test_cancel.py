"""Proofs for source/tasks/cancel.md."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings


@pytest.mark.always("cancel-only-asks")
def test_cancel_returns_before_anything_happens() -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.ordered("main: accepted: True, done: False", "download: closing")
    assert trace.at("main: accepted: True, done: False") == 2


@pytest.mark.always("cancel-at-await")
def test_the_error_comes_at_the_await_where_the_task_stands() -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.at("download: closing") == 2
    assert "download: done" not in trace.lines
    for second in range(5):

        async def steps() -> None:
            for step in range(5):
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    print(f"cancelled in step {step}")
                    raise

        async def main(second: int = second) -> None:
            task = asyncio.create_task(steps())
            await asyncio.sleep(second + 0.5)
            task.cancel()
            await asyncio.wait([task])

        assert perform(main).at(f"cancelled in step {second}") == second + 0.5


@pytest.mark.always("cancel-finally-runs")
def test_finally_runs_to_its_end_and_may_wait() -> None:
    trace = play("tasks/cancel_next_await")
    assert trace.at("download: closed") == trace.at("download: closing") + 1
    assert trace.ordered("download: closed", "main: cancelled: True")
    download = load("tasks/cancel_next_await").download

    async def main() -> None:
        task = asyncio.create_task(download())
        for _ in range(2):
            await asyncio.sleep(0.5)
            task.cancel()
        await asyncio.wait([task])

    trace = perform(main)
    assert trace.at("download: closing") == 0.5
    assert "download: closed" not in trace.lines
    assert trace.elapsed == 1, "the second request ends the wait in `finally`"


@pytest.mark.always("cancel-goes-inward")
def test_the_awaited_task_is_cancelled_too() -> None:
    for depth in (1, 2, 5):

        async def main(depth: int = depth) -> None:
            async def wait(task: asyncio.Task[None]) -> None:
                await task

            tasks = [asyncio.create_task(asyncio.sleep(100))]
            for _ in range(depth):
                tasks.append(asyncio.create_task(wait(tasks[-1])))
            await asyncio.sleep(1)
            tasks[-1].cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks)

        assert perform(main).elapsed == 1

    async def by_wait() -> None:
        inner = asyncio.create_task(asyncio.sleep(100))
        outer = asyncio.create_task(asyncio.wait([inner]))
        await asyncio.sleep(1)
        outer.cancel()
        await asyncio.wait([outer])
        assert outer.cancelled()
        assert (inner.done(), inner.cancelling()) == (False, 0)

    perform(by_wait)


@pytest.mark.always("cancel-inward-waits")
def test_the_waiter_is_cancelled_after_the_clean_up_of_the_other() -> None:
    async def obedient() -> str:
        try:
            return await asyncio.sleep(100, "finished")
        finally:
            await asyncio.sleep(2)

    async def stubborn() -> str:
        try:
            return await asyncio.sleep(100, "finished")
        except asyncio.CancelledError:
            return await asyncio.sleep(3, "swallowed")

    async def wait_for(task: asyncio.Task[str]) -> None:
        try:
            print(await task)
        except asyncio.CancelledError:
            print("cancelled")

    async def main(inner: Callable[[], Coroutine[None, None, str]]) -> None:
        outer = asyncio.create_task(wait_for(asyncio.create_task(inner())))
        await asyncio.sleep(1)
        outer.cancel()
        await outer

    assert perform(lambda: main(obedient)).at("cancelled") == 1 + 2
    trace = perform(lambda: main(stubborn))
    assert trace.at("swallowed") == 1 + 3
    assert "cancelled" not in trace.lines


@pytest.mark.always("cancel-before-start")
def test_a_task_cancelled_before_its_first_step_runs_nothing() -> None:
    assert play("tasks/cancel_before_start").lines == ["main: cancelled: True"]
    main = load("tasks/cancel_before_start").main
    assert {tuple(trace.lines) for trace in interleavings(main)} == {("main: cancelled: True",)}
    download = load("tasks/cancel_before_start").download

    async def after_the_first_step() -> None:
        task = asyncio.create_task(download())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])

    trace = perform(after_the_first_step)
    assert trace.at("download: start") == 0
    assert trace.at("download: closed") == 1


@pytest.mark.always("cancel-done-false")
def test_a_done_task_cannot_be_cancelled() -> None:
    trace = play("tasks/cancel_busy")
    assert trace.at("main: accepted: False") == 3
    assert trace.ordered("compute: done", "main: accepted: False", "main: result")

    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(1, "result"))
        await task
        assert not task.cancel()
        assert not task.cancelled()
        assert task.cancelling() == 0
        assert await task == "result"

    perform(main)


@pytest.mark.always("cancel-thread-goes-on")
def test_the_thread_goes_on() -> None:
    trace = play("tasks/cancel_thread")
    assert trace.at("main: cancelled: True") == 1
    assert trace.at("thread: copied") == 3


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
def test_requests_are_counted() -> None:
    async def main() -> None:
        seen: list[int] = []
        task = asyncio.create_task(_collect(seen))
        for asked in range(1, 4):
            await asyncio.sleep(1)
            task.cancel()
            assert task.cancelling() == asked
        await asyncio.sleep(1)
        assert seen == [1, 2, 3]
        assert [task.uncancel(), task.uncancel()] == [2, 1]
        assert task.cancelling() == 1
        await task

    perform(main)


@pytest.mark.always("cancel-delivered-once")
def test_two_requests_at_once_make_one_error() -> None:
    for requests in (1, 2, 5):

        async def main(requests: int = requests) -> None:
            seen: list[int] = []
            task = asyncio.create_task(_collect(seen))
            await asyncio.sleep(1)
            for _ in range(requests):
                task.cancel()
            await task
            assert seen == [requests]

        perform(main)


@pytest.mark.always("cancel-cleanup-later")
def test_the_clean_up_has_not_begun_when_cancel_returns() -> None:
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
