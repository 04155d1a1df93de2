"""Proofs for source/tasks/wait-as-completed.md."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations, product

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

Explored = Callable[..., None]

HAS_ASYNC_FOR = sys.version_info >= (3, 13)


@pytest.mark.always("as-completed-order")
def test_results_come_in_order_of_completion() -> None:
    trace = play("tasks/as_completed_order")
    assert [(event.text, event.time) for event in trace.events] == [
        ("blog", 1),
        ("shop", 2),
        ("docs", 3),
    ]
    fetch = load("tasks/as_completed_order").fetch
    for times in permutations((1, 2, 4, 7)):

        async def main(times: tuple[int, ...] = times) -> None:
            for earliest in asyncio.as_completed([fetch(str(time), time) for time in times]):
                print(await earliest)

        trace = perform(main)
        assert [(event.text, event.time) for event in trace.events] == [
            (str(time), time) for time in sorted(times)
        ]


@pytest.mark.always("as-completed-plain-not-tasks")
def test_a_plain_for_yields_coroutines_of_its_own() -> None:
    async def main() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(time, time)) for time in (2, 1)]
        for earliest in asyncio.as_completed(tasks):
            assert asyncio.iscoroutine(earliest)
            assert earliest not in tasks
            await earliest

    assert perform(main).elapsed == 2


@pytest.mark.always("as-completed-own-error")
def test_an_error_comes_from_its_own_await() -> None:
    trace = play("tasks/as_completed_errors")
    assert trace.ordered("failed: blog is down", "shop", "docs")
    assert [event.time for event in trace.events] == [1, 2, 3]
    fetch = load("tasks/as_completed_errors").fetch

    async def leaves_early() -> None:
        tasks = [asyncio.create_task(fetch(*site)) for site in (("docs", 3), ("blog", 1))]
        for earliest in asyncio.as_completed(tasks):
            with pytest.raises(OSError, match="blog is down"):
                await earliest
            break
        docs, _ = tasks
        assert (docs.done(), docs.cancelling()) == (False, 0)
        assert await docs == "docs"

    assert perform(leaves_early).elapsed == 3


@pytest.mark.always("as-completed-async-for")
def test_async_for_yields_the_tasks_themselves_since_3_13() -> None:
    async def main() -> None:
        slow, fast = (asyncio.create_task(asyncio.sleep(time)) for time in (2, 1))
        seen: list[object] = []

        async def iterate() -> None:
            async for task in asyncio.as_completed([slow, fast]):
                assert task.done()
                seen.append(task)

        if HAS_ASYNC_FOR:
            await iterate()
            assert seen == [fast, slow]
        else:
            with pytest.raises(TypeError):
                await iterate()
            assert seen == []

    assert perform(main).elapsed == (2 if HAS_ASYNC_FOR else 0)


@pytest.mark.always("as-completed-call-starts")
def test_the_call_makes_tasks_since_3_13() -> None:
    async def greet() -> None:
        print("started")

    async def main() -> None:
        results = asyncio.as_completed([greet()])
        await asyncio.sleep(1)
        print("first step")
        for earliest in results:
            await earliest

    order = ("started", "first step") if HAS_ASYNC_FOR else ("first step", "started")
    trace = perform(main)
    assert trace.ordered(*order)
    assert trace.at("started") == (0 if HAS_ASYNC_FOR else 1)


@pytest.mark.always("wait-timeout-leaves-tasks")
def test_a_timeout_of_wait_neither_raises_nor_cancels() -> None:
    trace = play("tasks/wait_timeout")
    assert [event.time for event in trace.events] == [2, 3]

    async def main() -> None:
        docs, blog = (asyncio.create_task(asyncio.sleep(time, time)) for time in (3, 1))
        done, pending = await asyncio.wait([docs, blog], timeout=2)
        assert (done, pending) == ({blog}, {docs})
        assert docs.cancelling() == 0
        assert await docs == 3

    assert perform(main).elapsed == 3


@pytest.mark.always("as-completed-timeout")
def test_a_timeout_of_as_completed_raises_but_cancels_nothing() -> None:
    async def main() -> None:
        docs, blog = (asyncio.create_task(asyncio.sleep(time, time)) for time in (3, 1))
        results = iter(asyncio.as_completed([docs, blog], timeout=2))
        assert await next(results) == 1
        with pytest.raises(TimeoutError):
            await next(results)
        print("too late")
        assert (docs.done(), docs.cancelling()) == (False, 0)
        assert await docs == 3

    trace = perform(main)
    assert trace.at("too late") == 2
    assert trace.elapsed == 3


@pytest.mark.always("wait-cancelled-leaves-tasks")
def test_a_cancelled_wait_leaves_the_tasks_alone() -> None:
    async def by_wait(task: asyncio.Task[None]) -> None:
        await asyncio.wait([task])

    async def by_as_completed(task: asyncio.Task[None]) -> None:
        for next_one in asyncio.as_completed([task]):
            await next_one

    async def by_gather(task: asyncio.Task[None]) -> None:
        await asyncio.gather(task)

    async def main() -> None:
        for wait, leaves in ((by_wait, True), (by_as_completed, True), (by_gather, False)):
            task = asyncio.create_task(asyncio.sleep(2))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await wait(task)
            assert (task.done(), task.cancelling()) == ((False, 0) if leaves else (True, 1))

    perform(main)


@pytest.mark.always("wait-needs-tasks")
def test_wait_takes_no_coroutines() -> None:
    async def greet() -> None:
        print("started")

    async def main() -> None:
        coroutine = greet()
        try:
            with pytest.raises(TypeError):
                await asyncio.wait([asyncio.create_task(asyncio.sleep(0)), coroutine])
        finally:
            coroutine.close()
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        task = asyncio.create_task(asyncio.sleep(0))
        assert await asyncio.wait([future, task]) == ({future, task}, set())

    assert perform(main).lines == []


@pytest.mark.sometimes("wait-first-completed-several")
def test_first_completed_may_hold_several() -> None:
    async def main() -> None:
        tasks = {asyncio.create_task(asyncio.sleep(1)) for _ in range(2)}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert done == tasks
        assert pending == set()

    assert perform(main).elapsed == 1
    trace = play("tasks/wait_first_answer")
    assert trace.ordered("far: cancelled", "answers: ['near']")
    assert trace.elapsed == 1


@pytest.mark.always("wait-first-exception")
def test_first_exception_waits_for_an_error_only() -> None:
    async def end(seconds: float, how: str) -> None:
        await asyncio.sleep(seconds)
        if how == "cancelled":
            raise asyncio.CancelledError
        if how == "failed":
            raise ValueError

    ways = ("done", "cancelled", "failed")
    for hows in product(ways, repeat=3):

        async def main(hows: tuple[str, ...] = hows) -> None:
            tasks = [asyncio.create_task(end(time, how)) for time, how in enumerate(hows, 1)]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            print("wait returned")
            await asyncio.gather(*tasks, return_exceptions=True)

        expected = hows.index("failed") + 1 if "failed" in hows else 3
        assert perform(main).at("wait returned") == expected


@pytest.mark.never("wait-does-not-raise")
def test_wait_raises_none_of_the_errors(explored: Explored) -> None:
    async def end(fails: bool) -> None:
        if fails:
            raise ValueError

    async def by_wait(fails: tuple[bool, ...], return_when: str) -> None:
        tasks = [asyncio.create_task(end(fail)) for fail in fails]
        done, pending = await asyncio.wait(tasks, return_when=return_when)
        assert done | pending == set(tasks)
        for task in done:
            task.exception()

    async def by_gather(fails: tuple[bool, ...], _: str) -> None:
        await asyncio.gather(*map(end, fails))

    def raised(way: Callable[..., object]) -> list[bool]:
        modes = (asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION)
        found = []
        for fails, mode in product(product((False, True), repeat=2), modes):

            async def main(fails: tuple[bool, ...] = fails, mode: str = mode) -> None:
                try:
                    await way(fails, mode)
                except ValueError:
                    print("raised")
                else:
                    print("returned")

            found += [trace.lines == ["raised"] for trace in interleavings(main)]
        return found

    seen = raised(by_wait)
    assert not any(seen)
    explored(len(seen), twin_fails=any(raised(by_gather)))
    assert play("tasks/wait_errors_broken").lines == ["3 rows saved"]


@pytest.mark.always("wait-unread-error-logged")
def test_an_unread_error_is_only_logged() -> None:
    broken = play("tasks/wait_errors_broken")
    assert broken.lines == ["3 rows saved"], "the program doesn't notice"
    assert "Task exception was never retrieved" in broken.stderr
    fixed = play("tasks/wait_errors_fixed")
    assert [("OSError" in line) for line in fixed.lines] == [False, True, False]
    assert fixed.stderr == ""

    async def main() -> None:
        fail = load("tasks/wait_errors_broken").save
        task = asyncio.create_task(fail(2))
        await asyncio.wait([task])
        print("still here")
        with suppress(OSError):
            task.result()

    assert perform(main).stderr == "", "result() counts as reading, too"
