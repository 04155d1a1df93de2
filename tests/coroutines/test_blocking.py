"""Proofs for source/coroutines/blocking.md."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings


def _block(seconds: float) -> None:
    time.sleep(seconds)


@pytest.mark.never("blocking-stops-everyone")
def test_nobody_works_during_a_blocking_call(explored: Callable[..., None]) -> None:
    def disturbed(blocks: bool) -> Iterator[bool]:
        async def neighbour() -> None:
            for _ in range(2):
                print("neighbour")
                await asyncio.sleep(0.5)

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(neighbour())
                await asyncio.sleep(0)
                print("begin")
                if blocks:
                    _block(1)
                else:
                    await asyncio.sleep(1)
                print("end")

        for trace in interleavings(main):
            lines = trace.lines
            yield "neighbour" in lines[lines.index("begin") : lines.index("end")]

    found = list(disturbed(blocks=True))
    assert not any(found)
    explored(len(found), twin_fails=any(disturbed(blocks=False)))
    assert play("coroutines/blocking_stops_all").at("tick 1") == 2.5


@pytest.mark.always("blocking-to-thread-frees-loop")
def test_to_thread_lets_others_work_on_time() -> None:
    trace = play("coroutines/blocking_to_thread")
    assert [trace.at(f"tick {number}") for number in range(4)] == [0, 1, 2, 3]
    assert trace.at("main: page") == 2.5

    async def main() -> None:
        assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()

    perform(main)


@pytest.mark.always("blocking-to-thread-outcome")
def test_result_and_exception_come_out_of_await() -> None:
    answer, error = object(), ValueError()

    def fail() -> None:
        raise error

    async def main() -> None:
        assert await asyncio.to_thread(lambda: answer) is answer
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            await asyncio.to_thread(fail)
        assert caught.value is error

    perform(main)


@pytest.mark.always("blocking-cancel-leaves-thread")
def test_cancelling_the_wait_does_not_stop_the_thread() -> None:
    started, release, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        release.wait()
        finished.set()

    async def main() -> None:
        task = asyncio.create_task(asyncio.to_thread(work))
        while not started.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not finished.is_set()
        release.set()

    asyncio.run(main())
    assert finished.is_set(), "asyncio.run waits for the thread"


@pytest.mark.always("blocking-cancel-in-queue")
def test_a_cancelled_function_that_waits_for_a_thread_never_begins() -> None:
    began: list[str] = []
    release = threading.Event()

    def work(name: str) -> None:
        began.append(name)
        release.wait()

    async def main(cancel: bool) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        first, second = (asyncio.create_task(asyncio.to_thread(work, name)) for name in "ab")
        while not began:  # noqa: ASYNC110
            await asyncio.sleep(0)
        if cancel:
            second.cancel()
            await asyncio.wait([second])
        release.set()
        await asyncio.wait([first, second])
        assert second.cancelled() == cancel

    asyncio.run(main(cancel=True))
    assert began == ["a"]
    began.clear()
    release.clear()
    asyncio.run(main(cancel=False))
    assert began == ["a", "b"]


@pytest.mark.always("blocking-process-elsewhere")
def test_a_process_pool_computes_in_another_process() -> None:
    trace = play("coroutines/blocking_process")
    assert trace.lines == ["primes: 25", "computed in this process: False"]


@pytest.mark.always("blocking-debug-logs-slow-step")
def test_debug_mode_logs_a_slow_step() -> None:
    trace = play("coroutines/blocking_debug")
    assert trace.ordered("step: 0.02 s", "step: 0.25 s", "WARNING from asyncio: a slow step")
    step = load("coroutines/blocking_debug").step

    def logged(seconds: float, debug: bool) -> bool:
        async def main() -> None:
            asyncio.get_running_loop().set_debug(debug)
            await asyncio.create_task(step(seconds))

        return "took" in perform(main).stderr

    assert not logged(0.05, debug=True)
    assert logged(0.15, debug=True)
    assert not logged(0.15, debug=False)


@pytest.mark.always("blocking-debug-threshold")
def test_the_threshold_is_an_attribute_of_the_loop() -> None:
    step = load("coroutines/blocking_debug").step

    def logged(seconds: float, threshold: float) -> bool:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert loop.slow_callback_duration == 0.1
            loop.set_debug(True)
            loop.slow_callback_duration = threshold
            await asyncio.create_task(step(seconds))

        return "took" in perform(main).stderr

    assert logged(0.05, threshold=0.01)
    assert not logged(0.25, threshold=0.5)


@pytest.mark.always("blocking-parentheses-call-in-place")
def test_parentheses_call_in_the_thread_of_the_loop() -> None:
    broken = play("coroutines/blocking_call_broken")
    runs = next(
        moment
        for moment in broken.moments
        if (broken.actors[moment.actor].code, moment.what) == ("tick", "runs")
    )
    assert (runs.sent, runs.time) == (0, 2), "it could have run at once"
    assert broken.at("tick") == 2
    assert broken.lines[-1].startswith("TypeError")
    fixed = play("coroutines/blocking_call_fixed")
    assert (fixed.at("tick"), fixed.at("page")) == (0, 2)


@pytest.mark.always("blocking-await-keeps-ticking")
def test_an_awaited_wait_lets_the_pulse_beat() -> None:
    trace = play("coroutines/blocking_awaited")
    assert [trace.at(f"tick {second}") for second in range(4)] == [0, 1, 2, 3]
    assert trace.at("main: page") == 2.5
    assert play("coroutines/blocking_stops_all").at("tick 1") == 2.5, "the twin blocks"
