"""Proofs for source/cancellation/uncancellable.md."""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ways


@pytest.mark.always("unc-event-stops")
@ways(after={"in the first piece": 0.25, "in the third piece": 2.5})
def test_a_thread_that_looks_stops(after: float) -> None:
    assert play("cancellation/uncancellable_thread_broken", clock="virtual").at("copied 5") == 5
    trace = play("cancellation/uncancellable_thread_fixed", clock="virtual")
    assert trace.at("main: stopped") == trace.at("copying stops") == 3
    assert "copied 4" not in trace.lines
    copying = load("cancellation/uncancellable_thread_fixed").copying

    async def main() -> None:
        task = asyncio.create_task(copying())
        await asyncio.sleep(after)
        begun = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert time.monotonic() - begun < 1
        print("ended")

    assert perform(main).ordered("copying stops", "ended")


@pytest.mark.always("unc-late-error")
@ways(
    error={"OSError": OSError, "KeyError": KeyError},
    early={"after the cancellation": False, "before it": True},
)
def test_an_error_after_the_cancellation_only_gets_into_the_log(
    error: type[Exception], early: bool
) -> None:
    copying = load("cancellation/uncancellable_thread_fixed").copying

    def copy_files(stop: threading.Event) -> None:
        while not (early or stop.is_set()):
            time.sleep(0.25)
        raise error

    copying.__globals__["copy_files"] = copy_files

    async def main() -> None:
        task = asyncio.create_task(copying())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() is not early
        if early:
            assert type(task.exception()) is error
        del task
        gc.collect()

    told = perform(main).stderr
    assert (error.__name__ in told) is ("never retrieved" in told) is not early


@pytest.mark.always("unc-event-waits-for-thread")
@ways(threads={"one": 1, "two": 2}, busy={"all": True, "all but one": False})
def test_a_cancelled_task_waits_for_a_free_thread(threads: int, busy: bool) -> None:
    copying = load("cancellation/uncancellable_thread_fixed").copying

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(threads))
        others = [asyncio.to_thread(time.sleep, 5) for _ in range(threads - (not busy))]
        working = asyncio.gather(*others)
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await copying()
        print("left")
        await working

    trace = perform(main)
    assert trace.at("left") == (5 if busy else 1)
    assert ("copied 1" in trace.lines) is not busy


async def _twice(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.sleep(0.25)
    task.cancel()


async def _deadline_then_cancel(task: asyncio.Task[None]) -> None:
    waiting = asyncio.ensure_future(asyncio.wait_for(task, 0.1))
    await asyncio.sleep(0.25)
    waiting.cancel()
    task.cancel()


@pytest.mark.always("unc-second-cancel")
@ways(cancel={"twice": _twice, "a deadline and once more": _deadline_then_cancel})
def test_a_second_cancellation_does_not_wait(
    cancel: Callable[[asyncio.Task[None]], Awaitable[None]],
) -> None:
    copying = load("cancellation/uncancellable_thread_fixed").copying

    async def main() -> None:
        task = asyncio.create_task(copying())
        await asyncio.sleep(0.25)
        await cancel(task)
        await asyncio.wait([task])
        assert task.cancelled()
        print("task has ended")
        await asyncio.sleep(2)

    assert perform(main).ordered("task has ended", "copied 1", "copying stops")


@pytest.mark.always("unc-run-cancels-both")
@ways(waits={"main ends": False, "main waits": True})
def test_the_end_of_run_cancels_what_is_shielded_too(waits: bool) -> None:
    copying = load("cancellation/uncancellable_thread_fixed").copying

    async def background() -> None:
        try:
            await copying()
        finally:
            print("task has ended")

    async def main() -> None:
        task = asyncio.create_task(background())
        await asyncio.sleep(0.25)
        if waits:
            task.cancel()
            await asyncio.wait([task])

    trace = perform(main)
    assert "copied 2" not in trace.lines
    thread, task = ("copied 1", "copying stops"), "task has ended"
    assert trace.ordered(*thread, task) if waits else trace.ordered(task, *thread)


@pytest.mark.always("unc-pause-lets-cancel")
@ways(others={"alone": 0, "with others": 3}, piece={"0.4 s": 0.4, "1 s": 1.0, "1.5 s": 1.5})
def test_a_pause_lets_the_deadline_in(others: int, piece: float) -> None:
    trace = play("cancellation/uncancellable_computing")
    assert trace.at("pause False: in time") == 4
    assert trace.at("pause True: too late") == 7
    assert trace.lines.count("counted 4") == 1

    def compute(seconds: float) -> None:
        time.sleep(seconds)

    async def count() -> None:
        while True:
            compute(piece)
            await asyncio.sleep(0)

    async def other() -> None:
        for _ in range(1000):
            await asyncio.sleep(0)

    async def main(other: Callable[[], Coroutine[Any, Any, None]], computes: bool) -> None:
        tasks = [asyncio.create_task(other()) for _ in range(others)]
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await count()
        assert (time.monotonic() - begun > 2 + 2 * piece) is computes
        assert time.monotonic() - begun <= 2 + 3 * piece * (1 + others)
        for task in tasks:
            task.cancel()

    perform(lambda: main(other, False))
    if others:  # that compute, too: the exception that the sentence makes
        perform(lambda: main(count, True))


async def _by_base_exception() -> None:
    try:
        await asyncio.sleep(1)
    except BaseException:
        await asyncio.sleep(100)


async def _by_cancelled_error() -> None:
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        await asyncio.sleep(100)


async def _by_finally() -> None:
    try:
        await asyncio.sleep(1)
    finally:
        await asyncio.sleep(100)


SWALLOWS = {
    "except BaseException": _by_base_exception,
    "except CancelledError": _by_cancelled_error,
    "a long finally": _by_finally,
}


@pytest.mark.always("unc-wait-leaves")
@ways(
    swallow=SWALLOWS,
    started={"task": asyncio.create_task, "future": asyncio.ensure_future},
    until={"all": asyncio.ALL_COMPLETED, "first": asyncio.FIRST_COMPLETED},
)
def test_wait_leaves_in_time(
    swallow: Callable[[], Awaitable[None]],
    started: Callable[[Any], "asyncio.Task[None]"],
    until: str,
) -> None:
    trace = play("cancellation/uncancellable_library")
    assert trace.at("library: tries again") == 1
    assert trace.at("main: goes on, done: False") == 2
    assert trace.at("main: it has ended") == 5

    async def main() -> None:
        task = started(swallow())
        await asyncio.sleep(0.5)
        task.cancel()
        begun = time.monotonic()
        done, pending = await asyncio.wait([task], timeout=2, return_when=until)
        assert time.monotonic() - begun == 2
        assert (done, pending) == (set(), {task})
        await asyncio.wait([task])

    perform(main)
