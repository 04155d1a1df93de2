"""Proofs for source/tasks/stop-group.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress

import pytest
from proven.stage import load, perform, play

from tests.ways import COUNTS, FAILED, LEAVES, SOME, End, Leave, only, outcome_of, ways


@pytest.mark.always("stop-group-errors-pass")
@ways(end=FAILED, others=SOME)
def test_real_errors_go_past_the_signal(end: End, others: int) -> None:
    trace = play("tasks/stop_group_found")
    assert trace.ordered("middle: found", "left: stopped", "main: goes on")
    assert trace.at("main: goes on") == 1
    found = load("tasks/stop_group_found").Found
    assert end.error

    async def fail() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            end.reach()

    async def stop() -> None:
        await asyncio.sleep(1)
        raise found

    async def main() -> None:
        caught: list[BaseException] = []
        try:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(others):
                        group.create_task(fail())
                    group.create_task(stop())
            except* found:
                print("stopped")
        except BaseExceptionGroup as errors:
            caught.extend(errors.exceptions)
        assert [type(error) for error in caught] == [end.error] * others

    assert perform(main).at("stopped") == 1


@pytest.mark.always("stop-group-error-no-new")
@ways(end=FAILED, where={"task": True, "body": False}, when={"waits": False, "cleans up": True})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_group_that_has_failed_takes_no_new_task(end: End, where: bool, when: bool) -> None:
    refused: list[BaseException] = []

    def add(group: asyncio.TaskGroup) -> None:
        try:
            group.create_task(asyncio.sleep(100))
        except BaseException as error:
            refused.append(error)
            raise

    async def closing(group: asyncio.TaskGroup) -> None:
        try:
            await asyncio.sleep(5)
        finally:
            if when:
                add(group)
            else:
                await asyncio.sleep(5)

    async def from_outside(group: asyncio.TaskGroup) -> None:
        await asyncio.sleep(2)
        with suppress(RuntimeError):
            add(group)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(closing(group))
            if not when:
                held.append(asyncio.create_task(from_outside(group)))
            if where:
                group.create_task(end.after(1))
            else:
                await end.after(1)

    held: list[asyncio.Task[None]] = []
    with pytest.raises(BaseExceptionGroup) as caught:
        perform(main)
    # What a clean-up raises comes beside the error that has stopped the group.
    assert len(caught.value.exceptions) == 1 + when
    assert [type(error) for error in refused] == [RuntimeError]


async def stopped(end: End, *, in_body: bool) -> None:
    """Catch what a group raises that this end stops after 1 s and a clean-up keeps for 5 more."""
    assert end.error

    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(5)
            print("cleaned up")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(serve())
            if in_body:
                await end.after(1)
            else:
                group.create_task(end.after(1))
    except* end.error:
        print("caught")


def seen_after_a_cancel_from_outside(leave: Leave, end: End, *, in_body: bool) -> list[str]:
    """Return what a function prints that is left while its failed group waits for a clean-up."""

    async def work() -> None:
        await stopped(end, in_body=in_body)
        await asyncio.sleep(5)
        print("goes on")

    async def main() -> None:
        await asyncio.create_task(outcome_of(leave(work(), 3)))

    return perform(main).lines


WHERE = {"task": False, "body": True}


@pytest.mark.always("stop-group-loses-cancel", before="3.13")
@ways(leave=LEAVES, end=FAILED, in_body=WHERE)
def test_a_failed_group_loses_a_cancel_from_outside(leave: Leave, end: End, in_body: bool) -> None:
    # no mutant: в примере группу снаружи не отменяют
    lines = seen_after_a_cancel_from_outside(leave, end, in_body=in_body)
    assert lines == ["cleaned up", "caught", "goes on"]


@pytest.mark.always("stop-group-keeps-cancel", since="3.13")
@ways(leave=LEAVES, end=FAILED, in_body=WHERE)
def test_a_failed_group_keeps_a_cancel_from_outside(leave: Leave, end: End, in_body: bool) -> None:
    # no mutant: в примере группу снаружи не отменяют
    lines = seen_after_a_cancel_from_outside(leave, end, in_body=in_body)
    assert lines == ["cleaned up", "caught"]


@pytest.mark.always("stop-group-deadline-unnoticed")
@ways(
    leave=only(LEAVES, "timeout", "wait_for"),
    end=FAILED,
    in_body=WHERE,
    waits={"nothing": 0, "what is done": 1},
)
def test_a_deadline_that_nothing_is_awaited_under_is_not_told(
    leave: Leave, end: End, in_body: bool, waits: int
) -> None:
    # no mutant: в примере группу снаружи не отменяют
    async def work() -> str:
        await stopped(end, in_body=in_body)
        for _ in range(waits):
            await asyncio.Semaphore().acquire()  # it is free: nobody waits
        return "result"

    async def main() -> None:
        assert await leave(work(), 3) == "result"
        await asyncio.sleep(1)
        print("goes on")

    assert perform(main).at("goes on") == 7

    async def asks() -> None:
        async with asyncio.timeout(3) as deadline:
            await work()
        print(deadline.expired())

    assert perform(asks).lines == ["cleaned up", "caught", "True"]


@pytest.mark.always("stop-group-each-keeps-cancel")
@ways(leave=LEAVES, count=SOME, fails={"ends": False, "fails": True})
def test_a_cancel_from_outside_comes_to_a_group_cancelled_by_one(
    leave: Leave, count: int, fails: bool
) -> None:
    # no mutant: в примере группу снаружи не отменяют
    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            print("closing")
            try:
                await asyncio.sleep(5)
                print("closed")
            finally:
                if fails:
                    raise OSError

    async def work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(serve()) for _ in range(count)]
                await asyncio.sleep(1)
                for task in tasks:
                    task.cancel()
        except* OSError:
            print("failed")
        print("goes on")

    async def main() -> None:
        await outcome_of(asyncio.create_task(outcome_of(leave(work(), 3))))
        print("left")

    trace = perform(main)
    assert trace.lines == ["closing"] * count + ["failed", "goes on"] * fails + ["left"]
    assert trace.at("left") == 3


async def fails_when_cancelled() -> None:
    try:
        await asyncio.sleep(100)
    finally:
        raise OSError


@pytest.mark.always("stop-group-cancel-each")
@ways(count=COUNTS, done=COUNTS)
def test_a_group_whose_tasks_are_cancelled_raises_nothing(count: int, done: int) -> None:
    trace = play("tasks/stop_group_each")
    assert trace.lines[-1] == "main: cancelled [True, True]"
    assert trace.at("main: cancelled [True, True]") == 3

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(100)) for _ in range(count)]
            ended = [group.create_task(asyncio.sleep(0)) for _ in range(done)]
            await asyncio.sleep(1)
            for task in tasks + ended:
                task.cancel()
        assert all(task.cancelled() for task in tasks)
        assert not any(task.cancelled() for task in ended)

    assert perform(main).elapsed == 1

    async def failing() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fails_when_cancelled()) for _ in range(count)]
            await asyncio.sleep(1)
            for task in tasks:
                task.cancel()

    with pytest.raises(ExceptionGroup) if count else nullcontext():
        perform(failing)

    async def awaited() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(100)) for _ in range(count)]
            for task in tasks:
                asyncio.get_running_loop().call_later(1, task.cancel)
            await asyncio.gather(*tasks)

    with pytest.raises(asyncio.CancelledError) if count else nullcontext():
        perform(awaited)


class Stop(Exception):
    """Stops a group."""


async def by_error(group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
    group.create_task(raise_stop())


async def raise_stop() -> None:
    raise Stop


async def one_by_one(group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def by_cancel(group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
    group.cancel()


Stops = Callable[[asyncio.TaskGroup, list[asyncio.Task[None]]], Awaitable[None]]
STOPS: dict[str, Stops] = {"own error": by_error, "each cancelled": one_by_one}
if hasattr(asyncio.TaskGroup, "cancel"):
    STOPS["group.cancel()"] = by_cancel


@pytest.mark.always("stop-group-waits-for-cleanup")
@ways(stop=STOPS, count=SOME)
def test_the_block_waits_for_what_its_tasks_clean_up(stop: Stops, count: int) -> None:
    trace = play("tasks/stop_group_each")
    assert trace.ordered("mail: closed", "main: cancelled [True, True]")
    assert trace.at("chat: closed") - trace.at("main: stop") == 1
    closed: list[int] = []

    async def serve(number: int) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(5)
            closed.append(number)

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(serve(number)) for number in range(count)]
                await asyncio.sleep(1)
                await stop(group, tasks)
        except* Stop:
            pass
        assert len(closed) == count

    assert perform(main).elapsed == 6


@pytest.mark.sometimes("stop-group-misses-later")
def test_a_task_that_is_added_later_goes_on() -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(100))]
            await asyncio.sleep(1)
            for task in tasks:
                task.cancel()
            later = group.create_task(asyncio.sleep(5, "done"))
        assert later.result() == "done"

    assert perform(main).elapsed == 6


@pytest.mark.always("stop-group-cancel-body", since="3.15")
@ways(wait={"sleep": asyncio.sleep, "event": lambda _: asyncio.Event().wait()})
def test_cancel_interrupts_the_body(wait: Callable[[float], Awaitable[object]]) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            group.cancel()
            print("the body goes on")
            await wait(50)
            print("never")
        print("the block is left")

    trace = perform(main)
    assert trace.lines == ["the body goes on", "the block is left"]
    assert trace.elapsed == 0


@pytest.mark.always("stop-group-cancel-own", since="3.15")
@ways(others=COUNTS)
def test_who_cancels_its_own_group_goes_on_to_the_next_wait(others: int) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def stop(group: asyncio.TaskGroup) -> None:
        await asyncio.sleep(1)
        group.cancel()
        print("goes on")
        await asyncio.sleep(1)
        print("never")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(others):
                group.create_task(asyncio.sleep(100))
            group.create_task(stop(group))

    trace = perform(main)
    assert trace.lines == ["goes on"]
    assert trace.elapsed == 1


@pytest.mark.always("stop-group-cancel-no-new", since="3.15")
@ways(count=COUNTS)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_cancelled_group_takes_no_new_task(count: int) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(asyncio.sleep(100))
            group.cancel()
            with pytest.raises(RuntimeError):
                group.create_task(asyncio.sleep(100))
            await asyncio.sleep(0)

    perform(main)


@pytest.mark.always("stop-group-cancel-twice", since="3.15")
@ways(times={"2": 2, "3": 3}, later={"at once": False, "while it cleans up": True})
def test_to_cancel_again_changes_nothing(times: int, later: bool) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(5)
            print("closed")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(serve())
            await asyncio.sleep(0)
            for number in range(times):
                if later:
                    asyncio.get_running_loop().call_later(number, group.cancel)
                else:
                    group.cancel()
            if not later:
                group.cancel()

    trace = perform(main)
    assert trace.lines == ["closed"]
    assert trace.elapsed == 5


async def raises() -> None:
    raise asyncio.CancelledError


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task
    task.cancel()
    await asyncio.sleep(0)


@pytest.mark.always("stop-group-cancelled-error-stops-one")
@ways(stop={"raise": raises, "current_task().cancel()": cancels_itself}, others=COUNTS)
def test_a_cancelled_error_ends_one_task(stop: Callable[[], Awaitable[None]], others: int) -> None:
    trace = play("tasks/stop_group_raise_broken")
    assert trace.ordered("watch: stop everything", "serve: request 2", "serve: request 3")
    assert trace.at("main: the group has ended") == 3
    fixed = play("tasks/stop_group_raise_fixed")
    assert fixed.lines[-2:] == ["main: the group has stopped", "main: nobody served meanwhile"]
    assert fixed.at("main: the group has stopped") == 1.5

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(5, "done")) for _ in range(others)]
            stopped = group.create_task(stop())
        assert stopped.cancelled()
        assert [task.result() for task in tasks] == ["done"] * others

    assert perform(main).elapsed == 5 * bool(others)

    async def awaited() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(others):
                group.create_task(asyncio.sleep(5))
            await group.create_task(stop())

    with pytest.raises(asyncio.CancelledError):
        perform(awaited)

    async def awaited_by_a_neighbour() -> None:
        async def wait_for(task: asyncio.Task[None]) -> None:
            await task

        async with asyncio.TaskGroup() as group:
            stopped = group.create_task(stop())
            neighbour = group.create_task(wait_for(stopped))
        assert stopped.cancelled()
        assert neighbour.cancelled()

    perform(awaited_by_a_neighbour)


@pytest.mark.always("stop-group-cancelled-error-body")
@ways(count=COUNTS)
def test_a_cancelled_error_of_the_body_leaves_the_block(count: int) -> None:
    # no mutant: в примерах страницы тело блока не бросает ничего
    async def main() -> None:
        tasks: list[asyncio.Task[None]] = []

        async def stop() -> None:
            async with asyncio.TaskGroup() as group:
                tasks.extend(group.create_task(asyncio.sleep(5)) for _ in range(count))
                await asyncio.sleep(1)
                raise asyncio.CancelledError

        stopping = asyncio.create_task(stop())
        await asyncio.wait([stopping])
        assert stopping.cancelled()
        assert all(task.cancelled() for task in tasks)

    assert perform(main).elapsed == 1

    async def failing() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(fails_when_cancelled())
            await asyncio.sleep(1)
            raise asyncio.CancelledError

    with pytest.raises(ExceptionGroup if count else asyncio.CancelledError):
        perform(failing)
