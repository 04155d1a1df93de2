"""Proofs for source/cancellation/timeout.md."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import (
    AWAITED,
    ENDED,
    FAILED,
    FUTURES,
    LEAVES,
    Awaited,
    End,
    Leave,
    but,
    only,
    outcome_of,
    ways,
)


@pytest.mark.always("timeout-covers-block")
@ways(early={"entered at once": 0, "entered later": 0.25}, awaited=AWAITED)
def test_one_time_limit_for_all_waits_of_the_block(early: float, awaited: Awaited) -> None:
    trace = play("cancellation/timeout_block")
    assert trace.at("page 1") == 1
    assert trace.at("main: out of time") == 2
    for steps in (1, 3, 10):

        async def main(steps: int = steps) -> None:
            await asyncio.sleep(7)
            try:
                limit = asyncio.timeout(steps + 0.5)
                await asyncio.sleep(early)
                async with limit:
                    for _ in range(100):
                        await awaited(1, End())
                        print("step")
            except TimeoutError:
                print("out of time")

        trace = perform(main)
        assert trace.lines.count("step") == steps
        assert trace.at("out of time") == 7 + steps + 0.5


@pytest.mark.always("timeout-zero-wait-for")
@ways(seconds={"zero": 0, "less": -1.5}, awaited=FUTURES, ended=ENDED)
def test_without_time_wait_for_starts_nothing(seconds: float, awaited: Awaited, ended: End) -> None:
    begun: list[str] = []

    async def load() -> str:
        begun.append("load")
        return "page"

    async def main() -> None:
        assert await outcome_of(asyncio.wait_for(load(), seconds)) is TimeoutError
        ready = awaited(1, ended)
        await asyncio.sleep(2)
        assert await outcome_of(asyncio.wait_for(ready, seconds)) == ended.outcome

    perform(main)
    assert begun == []


@pytest.mark.always("timeout-zero-block")
@ways(late={"zero": 0, "less": -1.5, "past": None}, awaited=AWAITED)
def test_a_block_without_time_runs_until_it_waits(late: float | None, awaited: Awaited) -> None:
    seen: list[str] = []

    def limit() -> asyncio.Timeout:
        if late is None:
            return asyncio.timeout_at(asyncio.get_running_loop().time() - 1)
        return asyncio.timeout(late)

    async def wait() -> None:
        async with limit():
            seen.append("begun")
            await awaited(1, End())
            seen.append("went on")

    async def main() -> None:
        await asyncio.sleep(3)
        async with limit():
            seen.append("without waiting")
        assert await outcome_of(wait()) is TimeoutError
        print("out of time")

    assert perform(main).at("out of time") == 3
    assert seen == ["without waiting", "begun"]


@pytest.mark.always("timeout-inside-outside")
@ways(awaited=AWAITED)
def test_a_cancellation_inside_becomes_a_timeout_outside(awaited: Awaited) -> None:
    trace = play("cancellation/timeout_block")
    assert trace.at("connection 2 closed") == trace.at("main: out of time") == 2
    assert trace.ordered("connection 2 closed", "main: out of time")

    seen: list[type[BaseException]] = []

    async def main() -> None:
        try:
            async with asyncio.timeout(1):
                try:
                    await awaited(5, End())
                except BaseException as error:
                    seen.append(type(error))
                    raise
        except BaseException as error:
            seen.append(type(error))

    perform(main)
    assert seen == [asyncio.CancelledError, TimeoutError]

    async def cancelled_as_well() -> None:
        async def work() -> None:
            async with asyncio.timeout(1):
                await awaited(5, End())

        task = asyncio.create_task(work())
        asyncio.get_running_loop().call_later(1, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()

    perform(cancelled_as_well)

    async def changed_on_the_way(instead: type[KeyError] | None) -> None:
        async with asyncio.timeout(1):
            try:
                await awaited(5, End())
            except asyncio.CancelledError:
                if instead:
                    raise instead from None

    perform(partial(changed_on_the_way, None))
    with pytest.raises(KeyError):
        perform(partial(changed_on_the_way, KeyError))


@pytest.mark.always("timeout-nested")
@ways(awaited=AWAITED)
def test_the_block_whose_time_is_up_raises(awaited: Awaited) -> None:
    for outer, inner, closing in ((1, 5, 0), (5, 1, 0), (3, 3, 0), (7, 1, 5), (2, 1, 5), (1, 2, 5)):

        async def main(outer: int = outer, inner: int = inner, closing: int = closing) -> None:
            try:
                async with asyncio.timeout(outer):
                    try:
                        async with asyncio.timeout(inner):
                            try:
                                await awaited(10, End())
                            finally:
                                await asyncio.sleep(closing)
                    except TimeoutError:
                        print("inner")
            except TimeoutError:
                print("outer")

        trace = perform(main)
        alone = min(outer, inner) + closing <= max(outer, inner) and inner != outer
        assert trace.lines == ["inner" if alone and inner < outer else "outer"]
        assert trace.at(trace.lines[0]) == (
            min(outer, inner) + closing if alone else max(outer, inner)
        )


MAKES: dict[str, Callable[[Coroutine[Any, Any, str]], Any]] = {
    "coroutine": lambda coroutine: coroutine,
    "task": asyncio.create_task,
}


@pytest.mark.always("timeout-wait-for-cleanup")
@ways(make=MAKES, end=ENDED)
def test_wait_for_waits_for_the_clean_up(make: Callable[..., Any], end: End) -> None:
    trace = play("cancellation/timeout_wait_for")
    assert trace.at("fetch: closing") == 2
    assert trace.at("main: out of time, cancelled: True") == 3
    assert trace.ordered("fetch: closed", "main: out of time, cancelled: True")

    async def work() -> str:
        try:
            return await asyncio.sleep(100, "")
        finally:
            await end.after(2)

    async def main() -> None:
        error = end.error if end.error is not asyncio.CancelledError else None
        assert await outcome_of(asyncio.wait_for(make(work()), 1)) is (error or TimeoutError)
        print("out of time")

    assert perform(main).at("out of time") == 3

    async def swallows() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        return await end.after(2)

    async def swallowed() -> None:
        assert await outcome_of(asyncio.wait_for(make(swallows()), 1)) == (
            TimeoutError if end.error is asyncio.CancelledError else end.outcome
        )

    assert perform(swallowed).elapsed == 3


@pytest.mark.always("timeout-group-cleanup")
@ways(end=FAILED, failing={"one": 1, "three": 3}, block={"timeout": True, "wait_for": False})
def test_a_group_whose_clean_up_fails_hides_the_timeout(
    end: End, failing: int, block: bool
) -> None:
    # no mutant: в примерах страницы группы нет
    async def work() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await end.after(2)

    async def in_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            for _ in range(failing):
                group.create_task(work())

    async def in_block() -> None:
        limit = asyncio.timeout(1)
        try:
            async with limit:
                await in_group()
        finally:
            assert limit.expired()

    async def main() -> None:
        with pytest.raises(BaseExceptionGroup) as caught:
            await (in_block() if block else asyncio.wait_for(in_group(), 1))
        assert [type(error) for error in caught.value.exceptions] == [end.error] * failing
        await asyncio.sleep(1)

    assert perform(main).elapsed == 4


@pytest.mark.always("timeout-group-finally", since="3.13")
@ways(end=FAILED, leave=only(LEAVES, "timeout", "wait_for"), waits={"yes": True, "no": False})
def test_a_wait_around_a_group_that_failed_is_cut(end: End, leave: Leave, waits: bool) -> None:
    # no mutant: так только с 3.13, в примерах страницы группы нет
    async def work() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            end.reach()

    async def grouped() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work())
        finally:
            if waits:
                await asyncio.sleep(1)
            print("closed")

    async def main() -> None:
        with pytest.raises(TimeoutError if waits else BaseExceptionGroup):
            await leave(grouped(), 1)
        await asyncio.sleep(1)

    trace = perform(main)
    assert trace.elapsed == 2
    assert ("closed" in trace.lines) is not waits


async def _in_wait_for(future: asyncio.Future[str]) -> str:
    return await asyncio.wait_for(future, 100)


async def _in_timeout(future: asyncio.Future[str]) -> str:
    async with asyncio.timeout(100):
        return await future


def _loses(wait: Callable[[Any], Coroutine[Any, Any, object]], made: Awaited) -> bool:
    """Tell whether a cancellation gets lost that comes when what is awaited is just done."""
    lost = []

    async def main() -> None:
        async def work() -> None:
            await wait(future)
            await asyncio.sleep(1)
            lost.append(True)

        future: Any = made(1, End())
        # Its callback is called before that of the one who waits.
        future.add_done_callback(lambda _: working.cancel())
        working = asyncio.create_task(work())
        await asyncio.wait([working])
        assert working.cancelled() == (not lost)

    perform(main)
    return bool(lost)


@pytest.mark.sometimes("timeout-wait-for-loses", before="3.12")
def test_wait_for_may_lose_a_cancellation() -> None:
    # no mutant: дело в asyncio 3.11, примера с этой ошибкой на странице нет
    assert _loses(_in_wait_for, AWAITED["future"])


@pytest.mark.always("timeout-keeps-cancel")
@ways(made=FUTURES)
def test_timeout_loses_no_cancellation(made: Awaited) -> None:
    # no mutant: дело в asyncio, примера с такой отменой на странице нет
    assert not _loses(_in_timeout, made)


async def _fail() -> None:
    raise OSError


async def _failed_group(*, waits: bool = True) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_fail())
        if not waits:
            await asyncio.sleep(100)


async def _outcome_after_groups(times: int, *, waits: bool, inside: bool) -> object:
    """Return what a block gives out of time after groups failed, inside it or each in its own."""

    async def tried() -> None:
        with suppress(BaseExceptionGroup):
            await _failed_group(waits=waits)

    async def work() -> None:
        if not inside:
            for _ in range(times):
                with suppress(BaseExceptionGroup):
                    async with asyncio.timeout(1):
                        await _failed_group(waits=waits)
        async with asyncio.timeout(1):
            for _ in range(times if inside else 0):
                await tried()
            await asyncio.sleep(100)

    return await outcome_of(asyncio.create_task(work()))


@pytest.mark.always("timeout-after-group", before="3.13")
@ways(times={"1": 1, "3": 3}, inside={"caught inside": True, "caught outside": False})
def test_after_a_failed_group_a_deadline_is_a_cancellation(times: int, inside: bool) -> None:
    # no mutant: дело в asyncio, групп в примерах страницы нет
    async def main() -> None:
        expected = asyncio.CancelledError if inside else TimeoutError
        assert await _outcome_after_groups(times, waits=True, inside=inside) is expected
        assert await _outcome_after_groups(times, waits=False, inside=inside) is TimeoutError

    perform(main)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="older ones are what the page warns of")
def test_newer_groups_leave_the_count_alone() -> None:
    async def main() -> None:
        assert await _outcome_after_groups(3, waits=True, inside=True) is TimeoutError

    perform(main)


@pytest.mark.always("timeout-same-task")
# one way: a fact about two functions, one of them with both arguments
def test_which_task_does_the_work() -> None:
    async def whose() -> asyncio.Task[None] | None:
        return asyncio.current_task()

    async def main() -> None:
        me = asyncio.current_task()
        async with asyncio.timeout(1):
            in_block = await whose()
        in_wait_for = await asyncio.wait_for(whose(), 1)
        assert await asyncio.wait_for(whose(), None) is me, "nothing to keep time of"
        in_a_task = await asyncio.wait_for(asyncio.create_task(whose()), 1)
        assert in_block is me
        assert (in_wait_for is me) == (sys.version_info >= (3, 12))
        assert in_a_task not in (me, None)

    perform(main)


@pytest.mark.always("timeout-shield-keeps")
@ways(leave=but(LEAVES, "sibling"), end=ENDED)
def test_the_shielded_task_goes_on(leave: Leave, end: End) -> None:
    trace = play("cancellation/timeout_shield")
    assert trace.at("main: takes long, cancelled: False") == 1
    assert trace.at("pay: done") == trace.at("main: receipt") == 3

    async def main() -> None:
        task = asyncio.create_task(end.after(3))
        stopped = await outcome_of(leave(asyncio.shield(task), 1))
        assert stopped in (TimeoutError, asyncio.CancelledError)
        assert asyncio.get_running_loop().time() == 1
        assert (task.done(), task.cancelling()) == (False, 0)
        assert await outcome_of(task) == end.outcome
        assert asyncio.get_running_loop().time() == 3

    perform(main)


@pytest.mark.always("timeout-shield-caller")
@ways(made=FUTURES)
def test_whoever_waits_behind_a_shield_is_cancelled(made: Awaited) -> None:
    async def main() -> None:
        work = made(3, End())

        async def wait() -> None:
            await asyncio.shield(work)

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert asyncio.get_running_loop().time() == 1
        assert waiting.cancelled()
        assert await outcome_of(work) == "result"

    perform(main)


@pytest.mark.always("timeout-shield-limits")
# one way: the two cancellations that the sentence names
def test_a_shield_does_not_stop_a_cancellation_of_the_task_itself() -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            print("cancelled")

    async def direct() -> None:
        inner = asyncio.create_task(work())
        outer = asyncio.shield(inner)
        await asyncio.sleep(1)
        inner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await outer

    async def at_exit() -> None:
        inner = asyncio.create_task(work())
        outer = asyncio.shield(inner)
        await asyncio.sleep(1)
        assert not outer.done()

    for main in (direct, at_exit):
        assert perform(main).at("cancelled") == 1


async def nothing() -> None:
    pass


def of_a_full_queue() -> Awaitable[object]:
    queue = asyncio.Queue[object]()
    queue.put_nowait("item")
    return queue.get()


def done_already() -> Awaitable[object]:
    future = asyncio.get_running_loop().create_future()
    future.set_result("done")
    return future


AT_ONCE = {
    "coroutine": nothing,
    "queue": of_a_full_queue,
    "done future": done_already,
    "free lock": lambda: asyncio.Lock().acquire(),
}
"""What `await` gets at once, and the task isn't suspended."""


@pytest.mark.always("timeout-not-blocking")
@ways(at_once=AT_ONCE)
def test_code_that_never_suspends_is_not_interrupted(at_once: Callable[[], Awaitable[Any]]) -> None:
    def block(seconds: float) -> None:
        time.sleep(seconds)
        print("to the end")

    for seconds in (2, 1000):

        async def main(seconds: float = seconds) -> None:
            async with asyncio.timeout(1):
                await at_once()
                block(seconds)
                await at_once()
            print("no error")

        trace = perform(main)
        assert trace.at("to the end") == trace.at("no error") == seconds


@pytest.mark.always("timeout-caught-outside")
# one way: the grammar has one form
def test_the_timeout_error_is_not_seen_inside() -> None:
    trace = play("cancellation/timeout_inside_broken")
    assert trace.at("main: nobody caught the TimeoutError") == 1
    assert play("cancellation/timeout_inside_fixed").at("cached") == 1
    load_broken = load("cancellation/timeout_inside_broken").load

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await load_broken()

    perform(main)


async def _raises_timeout_error() -> None:
    raise TimeoutError


INSIDE: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
    "wait_for": lambda: asyncio.wait_for(asyncio.sleep(100), 1),
    "raised": _raises_timeout_error,
}


@pytest.mark.always("timeout-expired")
@ways(inside=INSIDE)
def test_expired_tells_whose_time_is_up(inside: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    # no mutant: в примерах страницы внутри блока никто не бросает TimeoutError
    async def main() -> None:
        for work, own in ((inside, False), (partial(asyncio.sleep, 100), True)):
            expired = None
            try:
                async with asyncio.timeout(2) as limit:
                    await work()
            except TimeoutError:
                expired = limit.expired()
            assert expired is own

    perform(main)
