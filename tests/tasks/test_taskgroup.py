"""Proofs for source/tasks/taskgroup.md."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

Explored = Callable[..., None]


async def fail(seconds: float, error: Exception) -> None:
    await asyncio.sleep(seconds)
    raise error


async def work(name: str, seconds: float) -> str:
    """Tell in which way and when it ended."""
    try:
        await asyncio.sleep(seconds)
        print(f"{name}: done")
    except asyncio.CancelledError:
        print(f"{name}: cancelled")
        raise
    return name


@pytest.mark.always("taskgroup-waits-for-all")
def test_the_block_waits_for_every_task() -> None:
    trace = play("tasks/taskgroup_results")
    assert trace.ordered("end of the body", "photo: downloaded", "atlas: downloaded")
    assert trace.ordered("atlas: downloaded", "after the block")
    assert trace.at("end of the body") == 0
    assert trace.at("after the block") == max(1, 2)
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            async with asyncio.TaskGroup() as group:
                for time in times:
                    group.create_task(work(f"task {time}", time))
            print("after the block")

        trace = perform(main)
        assert trace.lines[-1] == "after the block"
        assert trace.at("after the block") == max(times)


@pytest.mark.always("taskgroup-results-ready")
def test_results_are_ready_after_the_block() -> None:
    assert play("tasks/taskgroup_results").lines[-1] == "atlas.png photo.png"

    async def main() -> None:
        tasks = []
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                tasks.append(group.create_task(work("good", 1)))
                tasks.append(group.create_task(fail(2, ValueError())))
                tasks.append(group.create_task(work("late", 3)))
                for task in tasks:
                    with pytest.raises(asyncio.InvalidStateError):
                        task.result()
        good, failed, late = tasks
        assert all(task.done() for task in tasks)
        assert good.result() == "good"
        assert isinstance(failed.exception(), ValueError)
        assert late.cancelled()

    assert perform(main).elapsed == 2


@pytest.mark.never("taskgroup-no-survivors")
def test_no_task_outlives_its_group(explored: Explored) -> None:
    async def step(name: str) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            print(f"{name} ends")

    async def stumble(fails: bool) -> None:
        await asyncio.sleep(0)
        if fails:
            raise ValueError

    async def in_group(fails: bool) -> None:
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(step("neighbour"))
                group.create_task(stumble(fails))
        print("block left")

    async def in_gather(fails: bool) -> None:
        with suppress(ValueError):
            await asyncio.gather(step("neighbour"), stumble(fails))
        print("block left")

    def survivors(block: Callable[[bool], Coroutine[Any, Any, None]], fails: bool) -> list[bool]:
        traces = list(interleavings(lambda: block(fails)))
        assert any("neighbour ends" in trace.lines for trace in traces)
        return [trace.lines[-1] != "block left" for trace in traces]

    seen = survivors(in_group, False) + survivors(in_group, True)
    assert not any(seen)
    explored(len(seen), twin_fails=any(survivors(in_gather, True)))


@pytest.mark.always("taskgroup-first-error-cancels")
def test_the_first_error_cancels_what_is_unfinished() -> None:
    trace = play("tasks/taskgroup_errors")
    assert trace.at("listen: stopped") == 1
    for when in (0, 1, 2.5, 4):

        async def main(when: float = when) -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    for end in (2, 3, 5):
                        group.create_task(work(f"{end}", end))
                    group.create_task(fail(when, ValueError()))
            except* ValueError:
                await asyncio.sleep(10)  # or asyncio.run would cancel what the group did not

        assert {event.text: event.time for event in perform(main).events} == {
            f"{end}: done" if end < when else f"{end}: cancelled": min(end, when)
            for end in (2, 3, 5)
        }


@pytest.mark.always("taskgroup-errors-in-one-group")
def test_one_group_with_all_errors_and_no_cancellations() -> None:
    async def fail_when_cancelled(error: Exception) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            raise error

    for later in range(3):
        errors = [ValueError("first"), *(OSError(number) for number in range(later))]

        async def main(errors: list[Exception] = errors) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(work("neighbour", 5))
                group.create_task(fail(1, errors[0]))
                for error in errors[1:]:
                    group.create_task(fail_when_cancelled(error))

        with pytest.raises(ExceptionGroup) as caught:
            perform(main)
        assert type(caught.value) is ExceptionGroup
        assert set(caught.value.exceptions) == set(errors)

    trace = play("tasks/taskgroup_errors")
    assert sum("ValueError" in line for line in trace.lines) == 1
    assert sum("OSError" in line for line in trace.lines) == 1
    assert not any("CancelledError" in line for line in trace.lines)


@pytest.mark.always("taskgroup-except-star-rest")
def test_each_branch_gets_its_part_and_the_rest_flies_on() -> None:
    trace = play("tasks/taskgroup_errors")
    config, network, goes_on = trace.lines[-3:]
    assert "ValueError" in config
    assert "OSError" not in config
    assert "OSError" in network
    assert "ValueError" not in network
    assert goes_on == "main goes on"

    errors = [ValueError(1), OSError(2), ValueError(3), KeyError(4)]
    caught: list[tuple[Exception, ...]] = []

    def handle() -> None:
        try:
            raise ExceptionGroup("errors", errors)
        except* ValueError as part:
            caught.append(part.exceptions)
        except* OSError as part:
            caught.append(part.exceptions)

    with pytest.raises(ExceptionGroup) as rest:
        handle()
    value, system, value_too, key = errors
    assert caught == [(value, value_too), (system,)]
    assert rest.value.exceptions == (key,)


@pytest.mark.always("taskgroup-body-error")
def test_an_error_in_the_body_acts_like_one_of_a_task() -> None:
    trace = play("tasks/taskgroup_body_fails")
    assert trace.at("heartbeat: cancelled") == 1.5
    assert trace.ordered("heartbeat: cancelled", "main: (KeyError('user'),)")
    error = KeyError("user")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("early", 1))
            group.create_task(work("late", 3))
            await asyncio.sleep(2)
            raise error

    async def guarded() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            await main()
        assert caught.value.exceptions == (error,)
        await asyncio.sleep(10)  # or asyncio.run would cancel what the group did not

    trace = perform(guarded)
    assert (trace.at("early: done"), trace.at("late: cancelled")) == (1, 2)


@pytest.mark.always("taskgroup-body-interrupted")
def test_an_error_in_a_task_interrupts_the_body() -> None:
    error = ValueError("task failed")

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(1, error))
                await work("body", 5)
                print("the next line")
        except* ValueError as errors:
            caught.append(errors)
            print("got the group")
        await asyncio.sleep(1)

    caught: list[ExceptionGroup[ValueError]] = []
    trace = perform(main)
    assert [group.exceptions for group in caught] == [(error,)]
    assert trace.lines == ["body: cancelled", "got the group"]
    assert trace.at("body: cancelled") == trace.at("got the group") == 1
    assert trace.elapsed == 2, "the cancellation must not outlast the block"


@pytest.mark.always("taskgroup-nested-tree")
def test_exception_groups_nest_like_task_groups() -> None:
    trace = play("tasks/taskgroup_nested")
    assert trace.ordered("inner: cleaned up", "outer: cleaned up")
    assert trace.at("outer: cleaned up") - trace.at("inner: cleaned up") == 0.5
    assert trace.lines[-1].startswith("ExceptionGroup: (ValueError(")
    error = ValueError("deep")

    async def nested(depth: int) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(nested(depth - 1) if depth else fail(1, error))

    for depth in range(4):

        async def main(depth: int = depth) -> None:
            found: Exception | None = None
            try:
                await nested(depth)
            except* ValueError as errors:
                found = errors
            for _ in range(depth + 1):
                assert isinstance(found, ExceptionGroup)
                (found,) = found.exceptions
            assert found is error

        assert perform(main).elapsed == 1


@pytest.mark.always("taskgroup-caught-inside")
def test_an_error_caught_inside_the_task_disturbs_nobody() -> None:
    async def careless() -> None:
        await fail(1, ValueError())

    async def careful() -> None:
        with suppress(ValueError):
            await careless()

    async def beside(first: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(first())
                group.create_task(work("neighbour", 2))
            print("no error")

    assert perform(lambda: beside(careful)).lines == ["neighbour: done", "no error"]
    assert perform(lambda: beside(careless)).lines == ["neighbour: cancelled"]


@pytest.mark.always("taskgroup-plain-except-misses")
def test_a_plain_except_misses_an_error_in_a_group() -> None:
    broken = play("tasks/taskgroup_except_broken")
    assert "show the guest page" not in broken.lines
    assert play("tasks/taskgroup_except_fixed").lines == ["show the guest page"]
    with pytest.raises(ExceptionGroup) as caught:
        perform(load("tasks/taskgroup_except_broken").main)
    assert [type(error) for error in caught.value.exceptions] == [ValueError]
