"""Proofs for source/tasks/one-fails.md."""

import asyncio
import gc
from contextlib import suppress
from itertools import permutations, product

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

ERROR = "main: got the error"


@pytest.mark.always("one-fails-error-at-once")
def test_gather_raises_in_the_second_of_the_failure() -> None:
    assert play("tasks/one_fails_gather").at(ERROR) == 2
    snippet = load("tasks/one_fails_gather")
    for times in permutations((1, 2, 4)):

        async def main(times: tuple[int, ...] = times) -> None:
            failing, *others = times
            with suppress(ValueError):
                tasks = (snippet.work(str(other), other) for other in others)
                await asyncio.gather(snippet.fail(failing), *tasks)
            print(ERROR)

        assert perform(main).at(ERROR) == times[0]


@pytest.mark.always("one-fails-others-go-on")
def test_gather_leaves_the_others_alone() -> None:
    trace = play("tasks/one_fails_gather")
    assert trace.ordered("short: done", ERROR, "long: done", "main: end")
    assert trace.at("long: done") == 4, "neither cancelled nor hurried"
    assert not any("cancelled" in line for line in trace.lines)

    async def main() -> None:
        async def fail() -> None:
            await asyncio.sleep(0)
            raise ValueError

        async def work() -> None:
            for _ in range(2):
                await asyncio.sleep(0)
            print("work: done")
            finished.set()

        finished = asyncio.Event()
        with suppress(ValueError):
            await asyncio.gather(fail(), work())
        print(ERROR)
        await finished.wait()

    orders = {tuple(trace.lines) for trace in interleavings(main)}
    assert all(sorted(lines) == sorted([ERROR, "work: done"]) for lines in orders)
    assert (ERROR, "work: done") in orders


@pytest.mark.always("one-fails-run-cancels-rest")
def test_run_cancels_what_main_left_and_waits_for_it() -> None:
    trace = play("tasks/one_fails_main_ends")
    assert trace.ordered(ERROR, "long: cancelled", "long: cleaned up", "after asyncio.run")
    assert trace.at("long: cancelled") == trace.at(ERROR) == 2
    assert trace.at("after asyncio.run") == trace.at("long: cleaned up") == 2.5

    work = load("tasks/one_fails_gather").work

    left: list[asyncio.Task[None]] = []

    async def main() -> None:
        left.extend(asyncio.create_task(work(name, 10)) for name in "abc")
        await asyncio.sleep(1)

    trace = perform(main)
    assert [trace.at(f"{name}: cancelled") for name in "abc"] == [1, 1, 1]
    assert trace.elapsed == 1.5
    assert all(task.cancelled() for task in left)

    async def failing_main() -> None:
        await main()
        raise ValueError

    left.clear()
    with pytest.raises(ValueError, match=r"^$"):
        perform(failing_main)
    assert [task.cancelled() for task in left] == [True] * 3


@pytest.mark.always("one-fails-run-new-loop")
def test_each_run_makes_a_loop_and_closes_it() -> None:
    async def main() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        assert not loop.is_closed()
        return loop

    loops = [asyncio.run(main()) for _ in range(3)]
    assert all(loop.is_closed() for loop in loops)
    assert len({id(loop) for loop in loops}) == 3


@pytest.mark.always("one-fails-run-inside-loop")
def test_run_inside_a_running_loop_is_an_error() -> None:
    async def inner() -> None:
        print("inner ran")

    async def main() -> None:
        coroutine = inner()
        try:
            with pytest.raises(RuntimeError):
                asyncio.run(coroutine)
        finally:
            coroutine.close()

    assert perform(main).lines == []


def lost(first: float, second: float, third: float) -> tuple[Trace, Exception]:
    """Let three coroutines fail; return the trace and the error that gather raised."""
    fail = load("tasks/one_fails_lost_error").fail
    raised: list[Exception] = []

    async def main() -> None:
        try:
            await asyncio.gather(fail("a", first), fail("b", second), fail("c", third))
        except ValueError as error:
            raised.append(error)
        await asyncio.sleep(5)
        gc.collect()

    trace = perform(main)
    (error,) = raised
    return trace, error


@pytest.mark.always("one-fails-later-errors-lost")
def test_later_errors_are_neither_raised_nor_logged() -> None:
    trace = play("tasks/one_fails_lost_error")
    assert trace.ordered("first: fails", "main: ValueError('first')", "second: fails", "main: end")
    assert trace.stderr == ""
    for times in product((1, 2), repeat=3):
        trace, error = lost(*times)
        assert sorted(trace.lines) == ["a: fails", "b: fails", "c: fails"]
        assert trace.at(f"{error}: fails") == min(times)
        assert error.__cause__ is error.__context__ is None
        assert trace.stderr == ""

    fail = load("tasks/one_fails_lost_error").fail

    async def alone() -> None:
        task = asyncio.create_task(fail("alone", 1))
        await asyncio.sleep(2)
        del task
        gc.collect()

    assert "never retrieved" in perform(alone).stderr, "a lost error would be seen"


@pytest.mark.always("one-fails-shutdown-error-logged")
def test_an_error_in_the_clean_up_of_run_is_logged() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            raise KeyError("clean-up failed")

    fail = load("tasks/one_fails_gather").fail

    async def main() -> None:
        with suppress(ValueError):
            await asyncio.gather(fail(1), stubborn())

    assert "KeyError: 'clean-up failed'" in perform(main).stderr


@pytest.mark.always("one-fails-group-after-cleanup")
def test_the_group_cancels_at_once_and_raises_after_the_clean_up() -> None:
    trace = play("tasks/one_fails_group")
    assert trace.ordered("short: done", "long: cancelled", "long: cleaned up", ERROR)
    assert trace.at("long: cancelled") == 2
    assert trace.at(ERROR) == trace.at("long: cleaned up") == 2.5

    async def work(clean_up: float) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(clean_up)

    fail = load("tasks/one_fails_group").fail
    for times in permutations((0, 0.5, 3)):

        async def main(times: tuple[float, ...] = times) -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail(1))
                    for time in times:
                        group.create_task(work(time))
            except* ValueError:
                print(ERROR)

        assert perform(main).at(ERROR) == 1 + max(times)


@pytest.mark.always("one-fails-group-keeps-errors")
def test_the_group_keeps_errors_of_the_clean_up() -> None:
    first, second = ValueError("work"), OSError("clean-up")

    async def fail() -> None:
        await asyncio.sleep(1)
        raise first

    async def stubborn() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)
            raise second

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(stubborn())

    with pytest.raises(ExceptionGroup) as caught:
        perform(main)
    assert caught.value.exceptions == (first, second)


@pytest.mark.sometimes("one-fails-closed-resource")
def test_a_survivor_meets_a_closed_journal() -> None:
    broken = play("tasks/one_fails_journal_broken")
    assert broken.ordered("journal: closed", "report: LOST, journal is closed")
    fixed = play("tasks/one_fails_journal_fixed")
    assert fixed.lines[-2:] == ["journal: closed", ERROR]
    assert not any("LOST" in line for line in fixed.lines)
