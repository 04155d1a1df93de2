"""Proofs for source/coroutines/overlap.md."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings


@pytest.mark.always("overlap-answers-apart")
def test_asked_at_once_and_answered_each_at_its_own_second() -> None:
    trace = play("coroutines/overlap_together")
    assert trace.at("near: asked") == trace.at("far: asked") == 0
    assert (trace.at("near: answered"), trace.at("far: answered")) == (1, 2)


@pytest.mark.always("overlap-longest-wait")
def test_together_as_long_as_the_longest() -> None:
    trace = play("coroutines/overlap_together")
    assert trace.elapsed == trace.at("both answered") == 2
    ask = load("coroutines/overlap_together").ask
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            async with asyncio.TaskGroup() as group:
                for time in times:
                    group.create_task(ask("server", time))

        assert perform(main).elapsed == max(times)


@pytest.mark.always("overlap-awaits-in-a-row")
def test_awaits_in_a_row_add_up() -> None:
    trace = play("coroutines/overlap_in_a_row")
    assert trace.ordered("near: answered", "far: asked")
    assert trace.at("far: asked") == trace.at("near: answered") == 1
    assert trace.elapsed == 1 + 2
    ask = load("coroutines/overlap_in_a_row").ask
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            for time in times:
                await ask("server", time)

        assert perform(main).elapsed == sum(times)


@pytest.mark.never("overlap-one-at-a-time")
def test_no_code_of_another_task_before_a_suspension(explored: Callable[..., None]) -> None:
    async def step(name: str, suspends: bool) -> None:
        for _ in range(2):
            print(f"{name} enters")
            if suspends:
                await asyncio.sleep(0)
            print(f"{name} leaves")
            await asyncio.sleep(0)

    def peaks(suspends: bool) -> Iterator[int]:
        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(step("a", suspends))
                group.create_task(step("b", suspends))

        return (trace.peak("enters", "leaves") for trace in interleavings(main))

    found = list(peaks(suspends=False))
    assert set(found) == {1}
    explored(len(found), twin_fails=2 in peaks(suspends=True))


@pytest.mark.always("overlap-ten-thousand")
def test_ten_thousand_waits_take_a_second_and_no_thread() -> None:
    before = threading.active_count()
    threads = set()

    async def wait() -> None:
        await asyncio.sleep(1)
        threads.add(threading.active_count())

    async def main() -> None:
        # In debug mode each timer would record a stack.
        asyncio.get_running_loop().set_debug(False)
        async with asyncio.TaskGroup() as group:
            for _ in range(10_000):
                group.create_task(wait())

    assert perform(main).elapsed == 1
    assert threads == {before}


@pytest.mark.always("overlap-computing-adds-up")
def test_computing_tasks_run_one_after_another() -> None:
    trace = play("coroutines/overlap_computing")
    assert trace.peak("begins", ": ready") == 1
    assert trace.elapsed == 1 + 2
    report = load("coroutines/overlap_computing").report
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            await asyncio.gather(*(report("report", time) for time in times))

        assert perform(main).elapsed == sum(times)


@pytest.mark.always("overlap-loop-waits-each-time")
def test_await_in_a_loop_takes_as_long_as_there_are_steps() -> None:
    assert play("coroutines/overlap_loop_broken").elapsed == 3
    assert play("coroutines/overlap_loop_fixed").elapsed == 1
    fetch = load("coroutines/overlap_loop_broken").fetch
    for steps in (1, 4, 7):

        async def loop(steps: int = steps) -> None:
            for number in range(steps):
                await fetch(number)

        async def comprehension(steps: int = steps) -> None:
            assert len([await fetch(number) for number in range(steps)]) == steps

        assert perform(loop).elapsed == perform(comprehension).elapsed == steps
