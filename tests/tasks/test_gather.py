"""Proofs for source/tasks/gather.md."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import (
    AWAITED,
    COUNTS,
    ENDED,
    EXITS,
    FUTURES,
    Awaited,
    End,
    but,
    only,
    outcome_of,
    ways,
)


@pytest.mark.always("gather-makes-tasks")
@ways(count=COUNTS)
def test_each_coroutine_runs_in_a_task_of_its_own(count: int) -> None:
    trace = play("tasks/gather_order")
    tea, coffee, outer = (
        trace.find(line).actor for line in ("tea: start", "coffee: start", "['tea', 'coffee']")
    )
    assert len({tea, coffee, outer}) == 3
    assert trace.find("tea: ready").actor == tea
    assert trace.elapsed == 2

    async def whoami() -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    async def main() -> None:
        tasks = await asyncio.gather(*(whoami() for _ in range(count)))
        assert len({*tasks, asyncio.current_task()}) == count + 1

    perform(main)


@pytest.mark.always("gather-argument-order")
@ways(awaited=AWAITED, count=COUNTS)
def test_results_in_argument_order(awaited: Awaited, count: int) -> None:
    trace = play("tasks/gather_order")
    assert trace.ordered("coffee: ready", "tea: ready", "['tea', 'coffee']")

    async def numbered(number: int, seconds: int) -> int:
        await awaited(seconds, End())
        return number

    for times in (range(count), range(count, 0, -1), [1] * count):

        async def main(times: Iterable[int] = times) -> None:
            brews = (numbered(*each) for each in enumerate(times))
            assert await asyncio.gather(*brews) == list(range(count))

        perform(main)

    brew = load("tasks/gather_order").brew

    async def mixed() -> None:
        kinds = [awaited(2, End()), brew("tea", 1), asyncio.create_task(brew("coffee", 3))]
        results = await asyncio.gather(*kinds)
        assert results in (["result", "tea", "coffee"], [["result"], "tea", "coffee"])

    perform(mixed)


@pytest.mark.always("gather-call-runs-nothing")
@ways(count=but(COUNTS, "0"))
def test_the_call_itself_runs_nothing(count: int) -> None:
    trace = play("tasks/gather_starts_later")
    assert trace.ordered("gather returned", "first: started")
    assert trace.ordered("gather returned", "second: started")
    greet = load("tasks/gather_starts_later").greet

    async def main() -> None:
        together = asyncio.gather(*(greet(str(number)) for number in range(count)))
        print("returned")
        await together

    assert perform(main).lines[0] == "returned"


@pytest.mark.always("gather-start-order")
# one way: the sentence is about coroutines only
def test_tasks_start_in_argument_order() -> None:
    assert play("tasks/gather_starts_later").ordered("first: started", "second: started")
    greet = load("tasks/gather_starts_later").greet
    for names in permutations("abcd"):

        async def main(names: tuple[str, ...] = names) -> None:
            await asyncio.gather(*map(greet, names))

        assert perform(main).lines == [f"{name}: started" for name in names]


@pytest.mark.always("gather-exceptions-in-place")
@ways(awaited=AWAITED, end=ENDED)
def test_exceptions_stand_in_the_places_of_their_coroutines(awaited: Awaited, end: End) -> None:
    trace = play("tasks/gather_exceptions_as_results")
    assert [line.partition(":")[0] for line in trace.lines] == ["done", "failed", "done"]
    assert trace.elapsed == 3, "the coroutine that failed at once must not end the wait"
    divide = load("tasks/gather_exceptions_as_results").divide

    async def main() -> None:
        first, second, third = await asyncio.gather(
            divide(6, 2), awaited(1, end), divide(6, 3), return_exceptions=True
        )
        assert (first, third) == (3, 2)
        assert type(second) is (end.error or str) or second == ["result"]

    assert perform(main).elapsed == 3

    got: list[object] = []

    async def exits(error: type[BaseException]) -> None:
        got.extend(await asyncio.gather(awaited(1, End(error)), return_exceptions=True))

    for exit_ in EXITS.values():
        assert exit_.error
        if awaited is AWAITED["future"]:  # no task raises it
            perform(lambda error=exit_.error: exits(error))
            assert type(got.pop()) is exit_.error
        else:
            with pytest.raises(exit_.error):
                perform(lambda error=exit_.error: exits(error))
        assert got == []


@pytest.mark.sometimes("gather-exceptions-hidden")
def test_an_unchecked_exception_is_silent() -> None:
    divide = load("tasks/gather_exceptions_as_results").divide

    async def main() -> None:
        await asyncio.gather(divide(1, 0), return_exceptions=True)
        print("as if nothing had happened")

    trace = perform(main)
    assert trace.lines == ["as if nothing had happened"]
    assert trace.stderr == ""


async def _by_cancel(outer: asyncio.Future[Any]) -> None:
    outer.cancel()
    await asyncio.wait([outer])


async def _by_wait_for(outer: asyncio.Future[Any]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outer, 0.5)


async def _by_task(outer: asyncio.Future[Any]) -> None:
    async def wait() -> None:
        await outer

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.wait([waiting])


Stops = Callable[["asyncio.Future[Any]"], Coroutine[Any, Any, None]]
CANCELS: dict[str, Stops] = {"cancel": _by_cancel, "wait_for": _by_wait_for, "task": _by_task}


@pytest.mark.always("gather-cancel-all")
@ways(cancel=CANCELS, made=FUTURES, returned={"raises": False, "return_exceptions": True})
def test_cancelling_gather_cancels_what_it_waits_for(
    cancel: Stops, made: Awaited, returned: bool
) -> None:
    async def main() -> None:
        done, *waiting = [made(second, End()) for second in (1, 10, 20)]
        coroutine = asyncio.create_task(asyncio.sleep(30))
        outer = asyncio.gather(done, *waiting, coroutine, return_exceptions=returned)
        await asyncio.sleep(2)
        await cancel(outer)
        outcomes = await asyncio.gather(done, *waiting, coroutine, outer, return_exceptions=True)
        assert outcomes[0] in ("result", ["result"])
        assert {type(outcome) for outcome in outcomes[1:]} == {asyncio.CancelledError}

    perform(main)


@pytest.mark.always("gather-cancel-at-once")
@ways(
    cancel=CANCELS,
    first=only(ENDED, "exception", "cancelled"),
    returned={"raises": False, "return_exceptions": True},
)
def test_a_cancelled_gather_waits_for_one_clean_up_only(
    cancel: Stops, first: End, returned: bool
) -> None:
    # no mutant: примера с отменой на странице нет
    async def work(closing: float) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(closing)
            print(f"closed in {closing}")
            if closing == 1:
                first.reach()

    async def main() -> None:
        outer = asyncio.gather(*map(work, (3, 1, 2)), return_exceptions=returned)
        await asyncio.sleep(0.5)
        cancelled = first.error is asyncio.CancelledError or returned
        if cancelled:
            await cancel(outer)
        else:
            outer.cancel()
        outcome = await outcome_of(outer)
        assert outcome is (asyncio.CancelledError if cancelled else first.error)
        print("gather is over")
        await asyncio.sleep(10)

    trace = perform(main)
    over = trace.at("gather is over")
    assert over == trace.at("closed in 3" if returned else "closed in 1")
    assert trace.at("closed in 3") == trace.at("closed in 1") + 2

    async def swallow(closing: float) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        await asyncio.sleep(closing)

    async def swallowed() -> None:
        outer = asyncio.gather(*map(swallow, (3, 1, 2)), return_exceptions=returned)
        await asyncio.sleep(0.5)
        outer.cancel()
        assert await outcome_of(outer) is asyncio.CancelledError
        print("gather is over")

    assert perform(swallowed).at("gather is over") == 3.5, "they are all waited for"


Cancelled = Callable[[Awaited], Awaitable[Any]]


def _cancelled(awaited: Awaited) -> Awaitable[Any]:
    victim = asyncio.ensure_future(awaited(100, End()))
    asyncio.get_running_loop().call_later(1, victim.cancel)
    return victim


CHILDREN: dict[str, Cancelled] = {
    "somebody cancels it": _cancelled,
    "it ends so itself": lambda awaited: awaited(1, ENDED["cancelled"]),
}


@pytest.mark.always("gather-child-cancelled")
@ways(awaited=AWAITED, child=CHILDREN)
def test_a_cancelled_child_looks_like_the_cancellation_of_the_waiter(
    awaited: Awaited, child: Cancelled
) -> None:
    # no mutant: примера с отменой на странице нет
    async def main() -> None:
        before, after = (asyncio.create_task(asyncio.sleep(second)) for second in (0.5, 3))

        async def wait() -> None:
            try:
                await asyncio.gather(before, child(awaited), after)
            except Exception:
                print("except Exception")

        waiting = asyncio.create_task(wait())
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert waiting.cancelling() == 0
        print("cancelled")
        await after
        print("the other: done")
        (listed,) = await asyncio.gather(child(awaited), return_exceptions=True)
        assert type(listed) is asyncio.CancelledError

    trace = perform(main)
    assert trace.lines == ["cancelled", "the other: done"]
    assert [trace.at(line) for line in trace.lines] == [1, 3]
    assert trace.stderr == ""


@pytest.mark.always("gather-list-type-error")
@ways(kind={"list": list, "tuple": tuple, "set": set}, count={"none": 0, "one": 1, "three": 3})
def test_a_list_is_a_type_error(kind: Callable[[list[Any]], Any], count: int) -> None:
    trace = play("tasks/gather_list_broken")
    assert trace.lines == ["TypeError: a list is not awaitable"]
    assert play("tasks/gather_list_fixed").lines == ["['page 1', 'page 2', 'page 3']"]

    async def main() -> None:
        together = [asyncio.sleep(1) for _ in range(count)]
        with pytest.raises(TypeError):
            asyncio.gather(kind(together))
        await asyncio.gather(*kind(together))
        print("unpacked")

    assert perform(main).lines == ["unpacked"]


@pytest.mark.always("gather-generator-bad-yield", before="3.12")
# one way: a fact about one type
def test_a_generator_becomes_a_task_that_fails() -> None:
    # no mutant: примет ли gather генератор, решает сам Python
    async def main() -> None:
        together = asyncio.gather(asyncio.sleep(1) for _ in range(3))
        with pytest.raises(RuntimeError, match="Task got bad yield: "):
            await together
        print("told by await")

    assert perform(main).lines == ["told by await"]
