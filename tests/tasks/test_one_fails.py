"""Proofs for source/tasks/one-fails.md."""

import asyncio
import gc
from contextlib import suppress
from itertools import permutations, product

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

from tests.ways import AWAITED, ENDED, EXITS, FAILED, Awaited, End, but, ways

ERROR = "main: got the error"


@pytest.mark.always("one-fails-error-at-once")
@ways(awaited=AWAITED, end=but(ENDED, "value"))
def test_gather_raises_in_the_second_of_the_failure(awaited: Awaited, end: End) -> None:
    assert play("tasks/one_fails_gather").at(ERROR) == 2
    for times in permutations((1, 2, 4)):

        async def main(times: tuple[int, ...] = times) -> None:
            failing, *others = times
            assert end.error
            with pytest.raises(end.error):
                await asyncio.gather(awaited(failing, end), *(End().after(each) for each in others))
            print(ERROR)

        assert perform(main).at(ERROR) == times[0]


@pytest.mark.always("one-fails-cancel-too-late")
@ways(awaited=AWAITED, end=but(ENDED, "value"))
def test_gather_that_has_raised_cancels_nobody(awaited: Awaited, end: End) -> None:
    # no mutant: примера с отменой gather на странице нет
    async def main() -> None:
        other = asyncio.ensure_future(awaited(3, End()))
        together = asyncio.gather(other, awaited(1, end))
        assert end.error
        with pytest.raises(end.error):
            await together
        assert together.cancel() is False
        assert await other in ("result", ["result"])

    assert perform(main).elapsed == 3


@pytest.mark.always("one-fails-others-go-on")
@ways(awaited=AWAITED, end=but(ENDED, "value"))
def test_gather_leaves_the_others_alone(awaited: Awaited, end: End) -> None:
    async def finish() -> None:
        await awaited(3, End())
        print("finish: done")

    async def of_any_kind() -> None:
        assert end.error
        with pytest.raises(end.error):
            await asyncio.gather(finish(), awaited(1, end))
        print(ERROR)
        await asyncio.sleep(5)

    finishing = perform(of_any_kind)
    assert (finishing.at(ERROR), finishing.at("finish: done")) == (1, 3)
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
@ways(end=FAILED | EXITS)
def test_later_errors_are_neither_raised_nor_logged(end: End) -> None:
    trace = play("tasks/one_fails_lost_error")
    assert trace.ordered("first: fails", "main: ValueError('first')", "second: fails", "main: end")
    assert trace.stderr == ""
    for times in product((1, 2), repeat=3):
        trace, error = lost(*times)
        assert sorted(trace.lines) == ["a: fails", "b: fails", "c: fails"]
        assert trace.at(f"{error}: fails") == min(times)
        assert error.__cause__ is error.__context__ is None
        assert trace.stderr == ""

    async def both_fail() -> None:
        first = End(OSError) if end in EXITS.values() else end
        with suppress(BaseException):
            await asyncio.gather(first.after(1), end.after(2))
        await asyncio.sleep(5)
        gc.collect()

    if end in EXITS.values():
        assert end.error
        with pytest.raises(end.error):
            perform(both_fail)
    else:
        assert perform(both_fail).stderr == ""
    fail = load("tasks/one_fails_lost_error").fail

    async def alone() -> None:
        task = asyncio.create_task(fail("alone", 1))
        await asyncio.sleep(2)
        del task
        gc.collect()

    assert "never retrieved" in perform(alone).stderr, "a lost error would be seen"


@pytest.mark.always("one-fails-shutdown-error-logged")
@ways(end=FAILED | EXITS)
def test_an_error_in_the_clean_up_of_run_is_logged(end: End) -> None:
    trace = play("tasks/one_fails_main_ends")
    assert trace.ordered(ERROR, "long: cancelled", "long: cleaned up", "after asyncio.run")
    assert trace.at("long: cancelled") == trace.at(ERROR) == 2
    assert trace.at("after asyncio.run") == trace.at("long: cleaned up") == 2.5

    async def stubborn() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            end.reach()

    fail = load("tasks/one_fails_gather").fail

    async def main() -> None:
        with suppress(ValueError):
            await asyncio.gather(fail(1), stubborn())

    assert end.error
    if end in EXITS.values():
        with pytest.raises(end.error):
            perform(main)
    else:
        assert end.error.__name__ in perform(main).stderr


@pytest.mark.always("one-fails-group-after-cleanup")
@ways(end=FAILED)
def test_the_group_cancels_at_once_and_raises_after_the_clean_up(end: End) -> None:
    trace = play("tasks/one_fails_group")
    assert trace.ordered("short: done", "long: cancelled", "long: cleaned up", ERROR)
    assert trace.at("long: cancelled") == 2
    assert trace.at(ERROR) == trace.at("long: cleaned up") == 2.5

    async def work(clean_up: float) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(clean_up)

    for times in permutations((0, 0.5, 3)):

        async def main(times: tuple[float, ...] = times) -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(end.after(1))
                    for time in times:
                        group.create_task(work(time))
            except BaseExceptionGroup:
                print(ERROR)

        assert perform(main).at(ERROR) == 1 + max(times)


@pytest.mark.always("one-fails-group-keeps-errors")
@ways(first=FAILED | EXITS, second=FAILED | EXITS)
def test_the_group_keeps_errors_of_the_clean_up(first: End, second: End) -> None:
    raised: list[BaseException] = []
    logged: list[BaseException] = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await second.after(1)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(context["exception"]))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(first.after(1))
                group.create_task(stubborn())
        except BaseException as error:
            raised.append(error)
            raise

    exits = {end.error for end in (first, second) if end in EXITS.values() and end.error}
    with pytest.raises(tuple(exits) or BaseExceptionGroup) as caught:
        perform(main)
    if exits:
        lost = {first.error, second.error} - exits
        assert not lost & {type(error) for error in raised + logged}
        assert not any(isinstance(error, BaseExceptionGroup) for error in raised)
    else:
        assert isinstance(caught.value, BaseExceptionGroup)
        assert [type(each) for each in caught.value.exceptions] == [first.error, second.error]


@pytest.mark.sometimes("one-fails-closed-resource")
def test_a_survivor_meets_a_closed_journal() -> None:
    broken = play("tasks/one_fails_journal_broken")
    assert broken.ordered("journal: closed", "report: LOST, journal is closed")
    fixed = play("tasks/one_fails_journal_fixed")
    assert fixed.lines[-2:] == ["journal: closed", ERROR]
    assert not any("LOST" in line for line in fixed.lines)
