"""Proofs for source/cancellation/cancelled-error.md."""

import asyncio
import concurrent.futures
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import (
    AWAITED,
    ENDED,
    FAILED,
    SOME,
    STARTED,
    Awaited,
    End,
    Started,
    but,
    outcome_of,
    ways,
)


async def _stubborn(seconds: float = 5, end: End | None = None) -> str:
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("swallowed")
    await asyncio.sleep(seconds)
    print("on to the end")
    return (end or End()).reach()


@pytest.mark.always("cancelled-error-base")
@ways(awaited=AWAITED)
def test_except_exception_lets_it_pass(awaited: Awaited) -> None:
    async def wait() -> None:
        try:
            await awaited(100, End())
        except Exception:
            print("except Exception")

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(1)
        task.cancel()
        assert await outcome_of(task) is asyncio.CancelledError

    assert perform(main).lines == []
    assert issubclass(asyncio.CancelledError, BaseException)
    assert not issubclass(asyncio.CancelledError, Exception)
    assert issubclass(concurrent.futures.CancelledError, Exception)
    trace = play("cancellation/cancelled_error_passes")
    assert trace.lines.count("poll: ConnectionError, once more") == 2
    assert trace.at("main: cancelled: True") == 2.5


@pytest.mark.always("cancelled-error-finally-return")
# one way: the grammar has these three forms, of a loop around the whole and of one inside
def test_return_in_finally_swallows_it() -> None:
    code = """
async def quiet():
    for _ in range(1):
        try:
            await asyncio.sleep(100)
        finally:
            {last}
    return "result"
"""

    def outcome(last: str) -> str:
        names = {"asyncio": asyncio}
        exec(code.format(last=last), names)

        async def main() -> None:
            task = asyncio.create_task(names["quiet"]())
            await asyncio.sleep(1)
            accepted = task.cancel()
            assert accepted
            await asyncio.wait([task])
            print("cancelled" if task.cancelled() else task.result())

        return perform(main).lines[-1]

    for last in ('return "result"', "break", "continue"):
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            assert outcome(last) == "result"
        assert bool(complaints) == (sys.version_info >= (3, 14))
    for last in ("pass", "for _ in range(2): break", "for _ in range(2): continue"):
        assert outcome(last) == "cancelled"


@pytest.mark.always("cancelled-error-once")
@ways(awaited=AWAITED)
def test_a_swallowed_request_never_comes_again(awaited: Awaited) -> None:
    async def swallow() -> str:
        try:
            await awaited(100, End())
        except asyncio.CancelledError:
            print("swallowed")
        for _ in range(2):
            await awaited(300, End())
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(300))
        await awaited(0, End())
        return "result"

    async def main() -> None:
        task = asyncio.create_task(swallow())
        await asyncio.sleep(1)
        task.cancel()
        assert await task == "result"
        print("to the end")

    trace = perform(main)
    assert trace.at("swallowed") == 1
    assert trace.at("to the end") == 901


async def _swallowed_before() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(100)
    async with asyncio.TaskGroup() as group:
        group.create_task(End(OSError).after(1))


async def _cancelled_with_its_group() -> None:
    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            End(OSError).reach()

    async with asyncio.TaskGroup() as group:
        group.create_task(serve())
        await asyncio.sleep(100)


async def _nobody_asked() -> None:
    task = asyncio.current_task()
    assert task
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(100)
    task.uncancel()
    async with asyncio.TaskGroup() as group:
        group.create_task(End(OSError).after(1))


FALLS = {
    "swallowed before": (_swallowed_before, True),
    "cancelled with its group": (_cancelled_with_its_group, True),
    "taken back": (_nobody_asked, False),
}


@pytest.mark.always("cancelled-error-group-reminds", since="3.13")
@ways(falls=FALLS)
def test_a_group_that_fails_reminds_of_the_cancellation(
    falls: tuple[Callable[[], Awaitable[None]], bool],
) -> None:
    # no mutant: так только с 3.13, примера с группой на странице нет
    fall, reminds = falls
    caught: list[BaseException] = []

    async def work() -> None:
        try:
            await fall()
        except BaseException as error:
            caught.append(error)
        await asyncio.sleep(1)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == reminds

    perform(main)
    assert [type(error) for error in caught] == [ExceptionGroup]


@pytest.mark.always("cancelled-error-group-stopped", since="3.15")
@ways(swallowed={"no": False, "yes": True}, waits={"in the body": True, "at the end": False})
def test_a_group_that_is_stopped_reminds_of_the_cancellation(swallowed: bool, waits: bool) -> None:
    # no mutant: метод есть только в 3.15, и примера с ним нет
    async def work() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(2)
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            await asyncio.sleep(1)
            group.cancel()
            if waits:
                await asyncio.sleep(100)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        if swallowed:
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == swallowed

    perform(main)


Makes = Callable[[], Awaitable[str]]
MAKES: dict[str, Makes] = {
    "coroutine": _stubborn,
    "task": lambda: asyncio.create_task(_stubborn()),
}


async def _gathered() -> None:
    await asyncio.gather(_stubborn(), _stubborn(1), asyncio.sleep(0))


async def _all_results() -> None:
    await asyncio.gather(_stubborn(), asyncio.sleep(100), return_exceptions=True)


async def _grouped() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_stubborn())
        group.create_task(asyncio.sleep(100))


@pytest.mark.always("cancelled-error-timeout")
@ways(make=MAKES)
def test_the_time_limit_is_lost(make: Makes) -> None:
    trace = play("cancellation/cancelled_error_retry_broken")
    assert trace.at("attempt 2: CancelledError") == 3
    assert trace.at("gave up") == 5
    assert "out of time" not in trace.lines
    assert play("cancellation/cancelled_error_retry_fixed").at("out of time") == 3

    async def main() -> None:
        async with asyncio.timeout(1):
            await make()
        print("no error")

    assert perform(main).at("no error") == 6


@pytest.mark.always("cancelled-error-wait-for")
@ways(make=MAKES)
def test_wait_for_returns_the_late_result(make: Makes) -> None:
    async def main() -> None:
        late = asyncio.wait_for(_stubborn(end=End(OSError)), timeout=1)
        assert await outcome_of(late) is OSError
        print("failed")
        print(await asyncio.wait_for(make(), timeout=1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), timeout=1)

    trace = perform(main)
    assert trace.at("failed") == 1 + 5
    assert trace.at("result") == 2 * (1 + 5)
    assert trace.elapsed == 2 * (1 + 5) + 1, "the obedient one is gone when the time is up"


async def _in_timeout(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.timeout(1):
        await work()


async def _in_wait_for(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await asyncio.wait_for(work(), 1)


LIMITS = {"timeout": _in_timeout, "wait_for": _in_wait_for}


@pytest.mark.always("cancelled-error-late-timeout")
@ways(
    limit=LIMITS,
    work={"gather": _gathered, "return_exceptions": _all_results, "TaskGroup": _grouped},
)
def test_a_stubborn_child_delays_the_timeout(
    limit: Callable[[Any], Coroutine[Any, Any, None]],
    work: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    # no mutant: в примерах страницы дочерних задач нет
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await limit(work)
        print("TimeoutError")

    assert perform(main).at("TimeoutError") == 1 + 5


async def _gathered_to_fail(end: End) -> None:
    await asyncio.gather(_stubborn(end=end), _stubborn(7), asyncio.sleep(0))


async def _grouped_to_fail(end: End) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_stubborn(end=end))
        group.create_task(asyncio.sleep(100))


@pytest.mark.always("cancelled-error-late-failure")
@ways(limit=LIMITS, work={"gather": _gathered_to_fail, "TaskGroup": _grouped_to_fail}, end=FAILED)
def test_the_error_of_a_stubborn_child_comes_instead_of_the_timeout(
    limit: Callable[[Any], Coroutine[Any, Any, None]],
    work: Callable[[End], Coroutine[Any, Any, None]],
    end: End,
) -> None:
    # no mutant: в примерах страницы дочерних задач нет
    async def main() -> None:
        limited = asyncio.create_task(limit(lambda: work(end)))
        await asyncio.wait([limited])
        error = limited.exception()
        members = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
        assert [type(member) for member in members] == [end.error]
        print("failed")

    assert perform(main).at("failed") == 1 + 5


@pytest.mark.always("cancelled-error-gather-leaves")
@ways(limit=LIMITS, obedient=SOME, closing={"at once": 0, "for two seconds": 2})
def test_gather_leaves_the_stubborn_child_behind(
    limit: Callable[[Any], Coroutine[Any, Any, None]], obedient: int, closing: float
) -> None:
    # no mutant: в примерах страницы дочерних задач нет
    async def obeys(seconds: float) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(seconds)

    async def gathered() -> None:
        children = (obeys(closing + number) for number in range(obedient))
        await asyncio.gather(_stubborn(), *children)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await limit(gathered)
        print("TimeoutError")
        await asyncio.sleep(100)

    trace = perform(main)
    assert trace.at("swallowed") == 1
    assert trace.at("TimeoutError") == 1 + closing, "with the end of the first that stops"
    assert trace.at("on to the end") == 1 + 5


@pytest.mark.always("cancelled-error-group")
@ways(end=FAILED)
def test_the_group_waits_for_the_stubborn_task(end: End) -> None:
    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_stubborn())
                group.create_task(end.after(1))
        except BaseExceptionGroup:
            print("the group failed")

    trace = perform(main)
    assert trace.at("swallowed") == 1
    assert trace.at("the group failed") == trace.at("on to the end") == 6


@pytest.mark.always("cancelled-error-replaced")
@ways(end=FAILED, started=but(STARTED, "TaskGroup"))
def test_an_error_of_the_clean_up_replaces_the_cancellation(end: End, started: Started) -> None:
    async def in_finally() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            end.reach()

    async def in_except() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            await end.after(1)

    async def main() -> None:
        async with started() as start:
            for work in (in_finally, in_except):
                task = start(work())
                await asyncio.sleep(1)
                task.cancel()
                assert await outcome_of(task) is end.error
                assert not task.cancelled()

    perform(main)

    async def in_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(in_finally())

    async def cancels_a_group() -> None:
        task = asyncio.create_task(in_group())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert isinstance(task.exception(), BaseExceptionGroup)

    perform(cancels_a_group)


@pytest.mark.always("cancelled-error-reraise")
@ways(started=STARTED, awaited=AWAITED)
def test_raise_ends_the_task_as_cancelled(started: Started, awaited: Awaited) -> None:
    trace = play("cancellation/cancelled_error_raise")
    assert trace.ordered("upload: leaves a note to resume", "main: cancelled: True")
    assert trace.elapsed == 1

    async def work() -> None:
        try:
            await awaited(100, End())
        except asyncio.CancelledError:
            await asyncio.sleep(2)
            raise

    async def main() -> None:
        async with started() as start:
            task = start(work())
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            print("cancelled")

    assert perform(main).at("cancelled") == 3

    async def limited() -> None:
        async with asyncio.timeout(1):
            await work()

    async def caught() -> None:
        with suppress(asyncio.CancelledError):
            await work()

    async def stopped_above() -> None:
        by_deadline, above = asyncio.create_task(limited()), asyncio.create_task(caught())
        await asyncio.sleep(1)
        above.cancel()
        await asyncio.wait([by_deadline, above])
        assert not above.cancelled()
        assert type(by_deadline.exception()) is TimeoutError

    perform(stopped_above)


async def _bare(kind: type[BaseException]) -> None:
    try:
        await asyncio.sleep(100)
    except* kind:
        raise


async def _around_a_group(kind: type[BaseException]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
    except* kind:
        raise


STARRED = {"await": _bare, "TaskGroup": _around_a_group}


@pytest.mark.always("cancelled-error-except-star")
@ways(
    work=STARRED,
    kind={
        "CancelledError": asyncio.CancelledError,
        "BaseException": BaseException,
        "another": Exception,
    },
)
def test_except_star_makes_a_group_of_it(
    work: Callable[[type[BaseException]], Coroutine[Any, Any, None]], kind: type[BaseException]
) -> None:
    # no mutant: во что except* превращает отмену, решает сам Python
    async def limited() -> None:
        async with asyncio.timeout(1):
            await work(kind)

    async def main() -> None:
        cancelled, late = asyncio.create_task(work(kind)), asyncio.create_task(limited())
        await asyncio.sleep(1)
        cancelled.cancel()
        await asyncio.wait([cancelled, late])
        assert cancelled.cancelled() == (kind is Exception)
        if kind is Exception:
            assert type(late.exception()) is TimeoutError
            return
        for error in (cancelled.exception(), late.exception()):
            assert isinstance(error, BaseExceptionGroup)
            assert [type(member) for member in error.exceptions] == [asyncio.CancelledError]

    perform(main)


@pytest.mark.always("cancelled-error-stop-by-wait")
@ways(end=ENDED, when={"never": None, "early": 0.5, "in the same pass": 2, "late": 3})
def test_wait_passes_on_only_the_own_cancellation(end: End, when: float | None) -> None:
    trace = play("cancellation/cancelled_error_whose")
    assert trace.at("stop: the task is cancelled: True") == 2
    assert trace.at("main: stop is cancelled: True") == 2.5
    assert trace.elapsed == 3, "the clean-up was not cut short"
    stop = load("cancellation/cancelled_error_whose").stop

    async def slow() -> str:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            return await end.after(2)
        return ""

    async def main() -> None:
        other = asyncio.create_task(slow())
        await asyncio.sleep(0)
        stopping = asyncio.create_task(stop(other))
        if when == 2:
            # As near as can be: when the task has ended, and before `stop` knows.
            other.add_done_callback(lambda _: stopping.cancel())
        elif when is not None:
            asyncio.get_running_loop().call_later(when, stopping.cancel)
        await asyncio.wait([stopping])
        assert stopping.cancelled() == (when in (0.5, 2))
        assert asyncio.get_running_loop().time() == (0.5 if when == 0.5 else 2)
        assert await outcome_of(other) == end.outcome

    perform(main)
