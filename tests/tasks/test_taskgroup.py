"""Proofs for source/tasks/taskgroup.md."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from proven.stage import Trace, load, perform, play
from proven.stage.explore import interleavings

from tests.ways import (
    AWAITED,
    COUNTS,
    ENDED,
    EXITS,
    FAILED,
    LEAVES,
    STARTED,
    Awaited,
    End,
    Leave,
    Started,
    but,
    outcome_of,
    ways,
)
from tests.ways_processes import filled

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
@ways(end=ENDED, count=COUNTS)
def test_the_block_waits_for_every_task(end: End, count: int) -> None:
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

    async def stubborn(number: int) -> None:
        """Wait for three seconds, also when cancelled, and end in this way."""
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1 + number / 100)
        await asyncio.sleep(2)
        end.reach()

    async def of_all_kinds() -> None:
        tasks = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(stubborn(number)) for number in range(count)]
        except BaseExceptionGroup:
            assert end in FAILED.values()
        assert all(task.done() for task in tasks)

    perform(of_all_kinds)


@pytest.mark.always("taskgroup-results-ready")
# one way: each end of a task is in the proof
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

    async def in_wait(fails: bool) -> None:
        tasks = [asyncio.create_task(part) for part in (step("neighbour"), stumble(fails))]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        assert not fails or any(task.exception() for task in done)
        print("block left")

    def survivors(block: Callable[[bool], Coroutine[Any, Any, None]], fails: bool) -> list[bool]:
        traces = list(interleavings(lambda: block(fails)))
        assert any("neighbour ends" in trace.lines for trace in traces)
        return [trace.lines[-1] != "block left" for trace in traces]

    seen = survivors(in_group, False) + survivors(in_group, True)
    assert not any(seen)
    twins = [any(survivors(twin, True)) for twin in (in_gather, in_wait)]
    explored(len(seen), twin_fails=twins)


async def _by_to_thread(group: asyncio.TaskGroup, work: Callable[[], None]) -> None:
    group.create_task(asyncio.to_thread(work))


async def _by_executor(group: asyncio.TaskGroup, work: Callable[[], None]) -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().run_in_executor(None, work)

    group.create_task(wait())


IN_THREAD = {"to_thread": _by_to_thread, "run_in_executor": _by_executor}


@pytest.mark.always("taskgroup-thread-survives")
@ways(starts=IN_THREAD, end=FAILED)
def test_a_function_in_a_thread_outlives_the_block(
    starts: Callable[[asyncio.TaskGroup, Callable[[], None]], Coroutine[Any, Any, None]], end: End
) -> None:
    # no mutant: в примерах страницы потоков нет
    def work() -> None:
        time.sleep(3)
        print("thread: done")

    async def main(fails: bool) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                await starts(group, work)
                if fails:
                    group.create_task(end.after(1))
        except BaseExceptionGroup:
            pass
        print("after the block")
        await asyncio.sleep(10)

    failed, waited = perform(lambda: main(True)), perform(lambda: main(False))
    assert (failed.at("after the block"), failed.at("thread: done")) == (1, 3)
    assert waited.ordered("thread: done", "after the block")


@pytest.mark.always("taskgroup-first-error-cancels")
@ways(end=FAILED)
def test_the_first_error_cancels_what_is_unfinished(end: End) -> None:
    trace = play("tasks/taskgroup_errors")
    assert trace.at("listen: stopped") == 1
    for when in (0, 1, 2.5, 4):

        async def main(when: float = when) -> None:
            with suppress(BaseExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    for seconds in (2, 3, 5):
                        group.create_task(work(f"{seconds}", seconds))
                    group.create_task(end.after(when))
            await asyncio.sleep(10)  # or asyncio.run would cancel what the group did not

        assert {event.text: event.time for event in perform(main).events} == {
            f"{seconds}: done" if seconds < when else f"{seconds}: cancelled": min(seconds, when)
            for seconds in (2, 3, 5)
        }


@pytest.mark.always("taskgroup-child-cancelled")
@ways(cancelled={"awaits a cancelled task": True, "raises": False}, count=but(COUNTS, "0"))
def test_a_child_that_ends_cancelled_stops_nobody(cancelled: bool, count: int) -> None:
    async def main() -> None:
        shared = asyncio.create_task(asyncio.sleep(10))

        async def wait() -> None:
            if cancelled:
                await shared
            await ENDED["cancelled"].after(1)

        async with asyncio.TaskGroup() as group:
            children = [group.create_task(wait()) for _ in range(count)]
            group.create_task(work("neighbour", 3))
            await asyncio.sleep(1)
            shared.cancel()
        me = asyncio.current_task()
        assert me
        for child in children:
            assert child.cancelled()
            with pytest.raises(asyncio.CancelledError):
                child.result()
        assert me.cancelling() == 0

    assert perform(main).at("neighbour: done") == 3


async def _await(task: asyncio.Task[Any]) -> None:
    await task


async def _gather(task: asyncio.Task[Any]) -> None:
    await asyncio.gather(task, asyncio.sleep(0))


async def _gather_all(task: asyncio.Task[Any]) -> None:
    await asyncio.gather(task, return_exceptions=True)


async def _wait(task: asyncio.Task[Any]) -> None:
    await asyncio.wait([task])


AWAITS = {"await": _await, "gather": _gather}
DOESNT_RAISE = {"gather of exceptions": _gather_all, "wait": _wait}


@pytest.mark.always("taskgroup-neighbour-cancelled")
@ways(
    waits=AWAITS | DOESNT_RAISE,
    asked={"raises it": False, "is cancelled": True},
    count=but(COUNTS, "0"),
)
def test_who_awaits_a_cancelled_neighbour_ends_cancelled_in_silence(
    waits: Callable[["asyncio.Task[Any]"], Coroutine[Any, Any, None]], asked: bool, count: int
) -> None:
    # no mutant: в примерах страницы задачи друг друга не ждут
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            child = group.create_task(ENDED["cancelled"].after(1))
            others = [group.create_task(waits(child)) for _ in range(count)]
            group.create_task(work("neighbour", 3))
            if asked:
                asyncio.get_running_loop().call_later(0.5, child.cancel)
        assert child.cancelled()
        assert {other.cancelled() for other in others} == {waits in AWAITS.values()}

    assert perform(main).at("neighbour: done") == 3


@pytest.mark.always("taskgroup-body-awaits-cancelled")
@ways(
    waits=AWAITS | DOESNT_RAISE,
    asked={"raises it": False, "is cancelled": True},
)
def test_the_cancellation_of_a_child_comes_out_of_a_body_that_awaits_it(
    waits: Callable[["asyncio.Task[Any]"], Coroutine[Any, Any, None]], asked: bool
) -> None:
    # no mutant: в примерах страницы тело блока задач не ждёт
    async def block() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("neighbour", 3))
            child = group.create_task(ENDED["cancelled"].after(1))
            if asked:
                asyncio.get_running_loop().call_later(0.5, child.cancel)
            await waits(child)

    async def main() -> None:
        opener = asyncio.create_task(block())
        await asyncio.wait([opener])
        assert opener.cancelled() == (waits in AWAITS.values())
        assert opener.cancelling() == 0, "nobody asked it to"

    trace = perform(main)
    if waits in DOESNT_RAISE.values():
        assert trace.at("neighbour: done") == 3
    else:
        assert trace.at("neighbour: cancelled") == (0.5 if asked else 1)


@pytest.mark.always("taskgroup-errors-in-one-group")
@ways(end=FAILED)
def test_one_group_with_all_errors_and_no_cancellations(end: End) -> None:
    async def fail_when_cancelled(error: BaseException) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            raise error

    for later in range(3):
        assert end.error
        errors = [ValueError("first"), *(end.error(number) for number in range(later))]

        async def main(errors: list[Any] = errors) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(work("neighbour", 5))
                group.create_task(fail(1, errors[0]))
                for error in errors[1:]:
                    group.create_task(fail_when_cancelled(error))

        with pytest.raises(BaseExceptionGroup) as caught:
            perform(main)
        assert set(caught.value.exceptions) == set(errors)

    trace = play("tasks/taskgroup_errors")
    assert sum("ValueError" in line for line in trace.lines) == 1
    assert sum("OSError" in line for line in trace.lines) == 1
    assert not any("CancelledError" in line for line in trace.lines)


@pytest.mark.always("taskgroup-except-star-rest")
# one way: the grammar has one form
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
    narrow, wide = ConnectionError(5), OSError(6)
    taken: dict[str, tuple[OSError, ...]] = {}
    try:
        raise ExceptionGroup("errors", [narrow, wide])
    except* OSError as part:
        taken["above"] = part.exceptions
    except* ConnectionError as part:
        taken["below"] = part.exceptions
    assert taken == {"above": (narrow, wide)}


async def _fails_when_cancelled() -> None:
    try:
        await asyncio.sleep(5)
    finally:
        raise ValueError("of another task")


async def _body_ends(end: End) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fails_when_cancelled())
        await end.after(1)


async def _task_ends(end: End) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fails_when_cancelled())
        group.create_task(end.after(1))


async def _another_fails_first(end: End) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fail(0.5, ValueError("of another task")))
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        await end.after(1)


WHO_ENDS = {"body": _body_ends, "task": _task_ends, "body, an error before": _another_fails_first}


@pytest.mark.always("taskgroup-exits-unwrapped")
@ways(end=EXITS | FAILED, ends=WHO_ENDS)
def test_exits_come_out_unwrapped(
    end: End, ends: Callable[[End], Coroutine[Any, Any, None]]
) -> None:
    # no mutant: в примерах страницы программу не прерывают
    caught: list[BaseException] = []
    logged: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(context["exception"]))
        try:
            await ends(end)
        except BaseException as error:
            caught.append(error)
            raise

    assert end.error
    wrapped = end not in EXITS.values()
    with pytest.raises(BaseExceptionGroup if wrapped else end.error):
        perform(main)
    assert isinstance(caught[0], BaseExceptionGroup) == wrapped
    assert wrapped or [type(error) for error in caught] == [end.error]
    others = caught[0].exceptions if isinstance(caught[0], BaseExceptionGroup) else ()
    assert any(isinstance(error, ValueError) for error in others) == wrapped
    assert not any(isinstance(error, ValueError) for error in logged)


@pytest.mark.always("taskgroup-body-error")
@ways(end=FAILED)
def test_an_error_in_the_body_acts_like_one_of_a_task(end: End) -> None:
    trace = play("tasks/taskgroup_body_fails")
    assert trace.at("heartbeat: cancelled") == 1.5
    assert trace.ordered("heartbeat: cancelled", "main: (KeyError('user'),)")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("early", 1))
            group.create_task(work("late", 3))
            await end.after(2)

    async def guarded() -> None:
        with pytest.raises(BaseExceptionGroup) as caught:
            await main()
        assert [type(error) for error in caught.value.exceptions] == [end.error]
        await asyncio.sleep(10)  # or asyncio.run would cancel what the group did not

    trace = perform(guarded)
    assert (trace.at("early: done"), trace.at("late: cancelled")) == (1, 2)

    async def cancelled() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("late", 3))
            await ENDED["cancelled"].after(2)

    async def exempt() -> None:
        with pytest.raises(asyncio.CancelledError):
            await cancelled()

    assert perform(exempt).at("late: cancelled") == 2


async def _group_within(seconds: float, end: End) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(end.after(seconds))


@pytest.mark.always("taskgroup-body-interrupted")
@ways(end=FAILED, awaited=AWAITED | {"group": _group_within})
def test_an_error_in_a_task_interrupts_the_body(end: End, awaited: Awaited) -> None:
    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(end.after(1))
                try:
                    await awaited(5, End())
                except asyncio.CancelledError:
                    print("body: cancelled")
                    raise
                print("the next line")
        except BaseExceptionGroup as errors:
            caught.append(errors)
            print("got the group")
        await asyncio.sleep(1)
        print("goes on")

    caught: list[BaseExceptionGroup[BaseException]] = []
    trace = perform(main)
    assert [type(error) for group in caught for error in group.exceptions] == [end.error]
    assert trace.lines == ["body: cancelled", "got the group", "goes on"]
    assert trace.at("body: cancelled") == trace.at("got the group") == 1
    assert trace.at("goes on") == 2, "the cancellation must not outlast the block"


def _both_fail(outer: float, cleanup: float, *, inner_first: bool) -> Trace:
    """Let a task of the inner group fail at the first second, and one of the outer group then."""

    async def close() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(cleanup)

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                if not inner_first:
                    group.create_task(fail(outer, OSError()))
                try:
                    async with asyncio.TaskGroup() as inner:
                        inner.create_task(fail(1, ValueError()))
                        inner.create_task(close())
                        await asyncio.sleep(0)
                        if inner_first:
                            group.create_task(fail(outer, OSError()))
                except* ValueError:
                    print("caught")
                try:
                    await asyncio.sleep(5)
                    print("the body goes on")
                except asyncio.CancelledError:
                    print("the body is interrupted")
                    raise
        except* OSError:
            print("failed")

    return perform(main)


BOTH_FAIL = {
    "at once": partial(_both_fail, 1, 0, inner_first=False),
    "at once, the inner one first": partial(_both_fail, 1, 0, inner_first=True),
    "amid the cleaning up": partial(_both_fail, 1.5, 2, inner_first=False),
}


@pytest.mark.always("taskgroup-nested-goes-on", before="3.13")
@ways(both=BOTH_FAIL | {"one after the other": partial(_both_fail, 2, 0, inner_first=False)})
def test_before_313_the_body_of_two_that_fail_goes_on(both: Callable[[], Trace]) -> None:
    # no mutant: что сделает группа с двумя ошибками сразу, решает сам Python
    trace = both()
    goes_on = both in BOTH_FAIL.values()
    told = "the body goes on" if goes_on else "the body is interrupted"
    assert trace.lines == ["caught", told, "failed"]
    assert trace.at(told) == (trace.at("caught") + 5 if goes_on else 2)


@pytest.mark.always("taskgroup-nested-interrupted", since="3.13")
@ways(both=BOTH_FAIL)
def test_since_313_the_body_of_two_that_fail_is_interrupted(both: Callable[[], Trace]) -> None:
    # no mutant: мутантов делают на Python 3.11, а утверждение верно с 3.13
    trace = both()
    assert trace.lines == ["caught", "the body is interrupted", "failed"]
    assert trace.at("failed") == trace.at("caught")


@pytest.mark.always("taskgroup-body-gathers")
@ways(
    end=FAILED,
    failing={"first": 0, "in the middle": 1, "last": 3},
    limited={"bare": False, "in a timeout": True},
)
def test_a_body_that_gathers_gets_the_error_itself(end: End, failing: int, limited: bool) -> None:
    # no mutant: в примерах страницы тело блока задач не ждёт
    seen: list[BaseException] = []

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(asyncio.sleep(5)) for _ in range(3)]
                tasks.insert(failing, group.create_task(end.after(1)))
                try:
                    async with asyncio.timeout(9 if limited else None):
                        await asyncio.gather(*tasks)
                except BaseException as error:
                    seen.append(error)
                    raise
        except BaseExceptionGroup as errors:
            seen.extend(errors.exceptions)
        assert all(task.cancelled() for task in tasks if task is not tasks[failing])
        await asyncio.sleep(0)

    assert perform(main).elapsed == 1
    assert type(seen[0]) is end.error
    assert [error is seen[0] for error in seen[1:]] == [True, True]


class _Stop(Exception):
    pass


async def _by_body(_: asyncio.TaskGroup) -> None:
    raise _Stop


async def _by_task(group: asyncio.TaskGroup) -> None:
    group.create_task(_by_body(group))
    await asyncio.sleep(100)


async def _by_several(group: asyncio.TaskGroup) -> None:
    for _ in range(3):
        group.create_task(_by_body(group))


Stops = Callable[[asyncio.TaskGroup], Coroutine[Any, Any, None]]
STOPS: dict[str, Stops] = {"body": _by_body, "task": _by_task, "several tasks": _by_several}


@pytest.mark.always("taskgroup-stop-by-error")
@ways(stop=STOPS)
def test_an_error_of_ones_own_stops_the_group(stop: Stops) -> None:
    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work("a", 5))
                group.create_task(work("b", 5))
                await asyncio.sleep(1)
                await stop(group)
        except* _Stop:
            print("stopped")
        await asyncio.sleep(10)

    trace = perform(main)
    assert sorted(trace.lines) == ["a: cancelled", "b: cancelled", "stopped"]
    assert trace.at("stopped") == 1


async def _after_the_body(group: asyncio.TaskGroup) -> None:
    asyncio.get_running_loop().call_later(1, group.cancel)


async def _in_the_body(group: asyncio.TaskGroup) -> None:
    await asyncio.sleep(1)
    group.cancel()


async def _in_a_waiting_body(group: asyncio.TaskGroup) -> None:
    await _after_the_body(group)
    await asyncio.sleep(100)


CANCELS: dict[str, Stops] = {
    "in the body": _in_the_body,
    "while the body waits": _in_a_waiting_body,
    "after the body": _after_the_body,
}


@pytest.mark.always("taskgroup-cancel", since="3.15")
@ways(cancel=CANCELS, end=ENDED)
def test_cancel_stops_the_group_without_an_error(cancel: Stops, end: End) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def closing() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            end.reach()

    async def with_cleaning_up() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(closing())
            await cancel(group)

    async def cancelled() -> None:
        task = asyncio.create_task(with_cleaning_up())
        asyncio.get_running_loop().call_later(0.5, task.cancel)
        await task

    expected = BaseExceptionGroup if end in FAILED.values() else asyncio.CancelledError
    with pytest.raises(expected):
        perform(cancelled)
    if end in FAILED.values():
        with pytest.raises(BaseExceptionGroup) as caught:
            perform(with_cleaning_up)
        assert [type(error) for error in caught.value.exceptions] == [end.error]
    else:
        perform(with_cleaning_up)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("a", 5))
            group.create_task(work("b", 5))
            await cancel(group)
        print("stopped")
        await asyncio.sleep(10)

    trace = perform(main)
    assert sorted(trace.lines) == ["a: cancelled", "b: cancelled", "stopped"]
    assert trace.at("stopped") == 1


@pytest.mark.always("taskgroup-nested-tree")
# one way: a fact about one class, at several depths
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
@ways(end=FAILED)
def test_an_error_caught_inside_the_task_disturbs_nobody(end: End) -> None:
    async def careless() -> None:
        await end.after(1)

    async def careful() -> None:
        assert end.error
        with suppress(end.error):
            await careless()

    async def beside(first: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with suppress(BaseExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(first())
                group.create_task(work("neighbour", 2))
            print("no error")

    assert perform(lambda: beside(careful)).lines == ["neighbour: done", "no error"]
    assert perform(lambda: beside(careless)).lines == ["neighbour: cancelled"]


@pytest.mark.always("taskgroup-plain-except-misses")
# one way: the grammar has one form
def test_a_plain_except_misses_an_error_in_a_group() -> None:
    broken = play("tasks/taskgroup_except_broken")
    assert "show the guest page" not in broken.lines
    assert play("tasks/taskgroup_except_fixed").lines == ["show the guest page"]
    with pytest.raises(ExceptionGroup) as caught:
        perform(load("tasks/taskgroup_except_broken").main)
    assert [type(error) for error in caught.value.exceptions] == [ValueError]


@pytest.mark.always("taskgroup-no-return-in-except-star")
@ways(jump={jump: jump for jump in ("return", "return 5", "break", "continue")})
def test_a_branch_of_except_star_does_not_return(jump: str) -> None:
    # no mutant: программу отвергает сам Python, пока в ней стоит проверяемое слово
    program = """
        def function():
            for _ in range(3):
                try:
                    function()
                except* ValueError:
                    for _ in range(3):
                        break
                    JUMP
        """
    with pytest.raises(SyntaxError) as refused:
        compile(filled(program, JUMP=jump), "program", "exec")
    assert refused.value.msg == (
        "'break', 'continue' and 'return' cannot appear in an except* block"
    )
    compile(filled(program, JUMP="pass"), "program", "exec")


@pytest.mark.always("taskgroup-raise-in-except-star")
@ways(
    failed={
        "one": [ValueError],
        "two of a kind": [ValueError, ValueError],
        "another, caught": [ValueError, OSError],
        "another, which raises": [ValueError, EOFError],
        "another, left": [ValueError, RuntimeError],
    },
    chained={"raise": False, "raise from": True},
)
def test_a_branch_of_except_star_raises(failed: list[type[Exception]], chained: bool) -> None:
    # no mutant: во что except* оборачивает исключение, решает сам Python
    async def handle() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for kind in failed:
                    group.create_task(End(kind).after(1))
        except* ValueError as errors:
            if chained:
                raise LookupError from errors
            End(LookupError).reach()
        except* OSError:
            pass
        except* EOFError:
            End(KeyError).reach()

    async def main() -> None:
        handling = asyncio.create_task(handle())
        await asyncio.wait([handling])
        error = handling.exception()
        if {*failed} <= {ValueError, OSError}:
            assert type(error) is LookupError
        else:
            assert isinstance(error, ExceptionGroup)
            assert type(error.exceptions[0]) is LookupError
            assert error.subgroup((RuntimeError, KeyError))

    perform(main)


@pytest.mark.always("taskgroup-outlives-its-function")
@ways(started=but(STARTED, "TaskGroup"), end=ENDED)
def test_a_task_without_a_group_outlives_its_function(started: Started, end: End) -> None:
    trace = play("tasks/taskgroup_outlives_broken")
    assert trace.ordered("place_order: returns", "main: the order is complete", "parcel: sent")
    assert (trace.at("parcel: sent"), trace.at("receipt: sent")) == (1, 3)
    kept: list[Any] = []

    async def function() -> str:
        async with started() as start:
            kept.append(start(work("task", 2)))
            await asyncio.sleep(1)
            return end.reach()

    async def main() -> None:
        assert await outcome_of(function()) == end.outcome
        print("returned")
        await asyncio.sleep(2)

    seen = perform(main)
    assert (seen.at("returned"), seen.at("task: done")) == (1, 2)


@pytest.mark.always("taskgroup-function-cancelled")
@ways(leave=LEAVES)
def test_cancelling_a_function_cancels_its_group(leave: Leave) -> None:
    fixed = play("tasks/taskgroup_outlives_fixed")
    assert fixed.at("main: too slow, the order is cancelled") == 2
    assert "receipt: sent" not in fixed.lines
    owner = play("tasks/taskgroup_owner")
    assert owner.ordered("place_order: returns", "receipt: sent", "main: nothing is left")

    async def function() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("task", 5))

    async def main() -> None:
        assert await outcome_of(leave(function(), 2)) not in (None, "result")

    seen = perform(lambda: _settled(main))
    assert seen.lines == ["task: cancelled"]
    assert seen.at("task: cancelled") == 2


async def _settled(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Wait for a task of its own, which may be cancelled."""
    await asyncio.wait([asyncio.create_task(main())])
