"""Proofs for source/tasks/wait-as-completed.md."""

import asyncio
import concurrent.futures
import gc
import sys
import threading
from collections.abc import Callable, Coroutine
from itertools import count, permutations, product
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import (
    AWAITED,
    COUNTS,
    ENDED,
    FAILED,
    FUTURES,
    LEAVES,
    SOME,
    STARTED,
    Awaited,
    End,
    Leave,
    Started,
    but,
    only,
    ways,
)

Explored = Callable[..., None]

HAS_ASYNC_FOR = sys.version_info >= (3, 13)


@pytest.mark.always("as-completed-order")
@ways(awaited=AWAITED)
def test_results_come_in_order_of_completion(awaited: Awaited) -> None:
    trace = play("tasks/as_completed_order")
    assert [(event.text, event.time) for event in trace.events] == [
        ("blog", 1),
        ("shop", 2),
        ("docs", 3),
    ]

    async def fetch(time: int) -> int:
        await awaited(time, End())
        return time

    for times in permutations((1, 2, 4)):

        async def main(times: tuple[int, ...] = times) -> None:
            for earliest in asyncio.as_completed([fetch(time) for time in times]):
                print(await earliest)
            for earliest in asyncio.as_completed([awaited(time, End()) for time in times]):
                assert await earliest in ("result", ["result"])

        trace = perform(main)
        assert [(event.text, event.time) for event in trace.events] == [
            (str(time), time) for time in sorted(times)
        ]
        assert trace.elapsed == 2 * max(times)


@pytest.mark.sometimes("as-completed-done-any-order")
def test_what_is_done_already_comes_in_the_order_of_a_set() -> None:
    # no mutant: в примерах страницы при вызове ещё ничего не закончено
    class Numbered(asyncio.Future[int]):
        """A future whose place in a set is known; that of others is their address."""

        number = 0

        def __hash__(self) -> int:
            return self.number

    async def main(wait_first: bool) -> None:
        futures = [Numbered() for _ in range(3)]
        for number, future in enumerate(futures):
            future.number = number
        loop = asyncio.get_running_loop()
        for seconds, number in enumerate((2, 0, 1), start=1):
            loop.call_later(seconds, futures[number].set_result, number)
        await asyncio.sleep(5 if wait_first else 0)
        for earliest in asyncio.as_completed(futures):
            print(await earliest)

    assert perform(lambda: main(wait_first=False)).lines == ["2", "0", "1"]
    assert perform(lambda: main(wait_first=True)).lines == ["0", "1", "2"]

    if sys.version_info >= (3, 12):
        assert perform(_done_at_once).lines == ["[2, 1, 0]", "[0, 1, 2]"]


async def _done_at_once() -> None:
    places = count(2, -1)

    class Placed(asyncio.Task[Any]):
        place: int

        def __new__(cls, *_: Any, **__: Any) -> Any:
            task = super().__new__(cls)
            task.place = next(places)
            return task

        def __hash__(self) -> int:
            return self.place

    ended: list[int] = []

    async def work() -> int:
        task = asyncio.current_task()
        assert isinstance(task, Placed)
        ended.append(task.place)
        return task.place

    # Ruff reads for 3.11, which lacks it.
    factory = getattr(asyncio, "create_eager_task_factory")(Placed)  # noqa: B009
    asyncio.get_running_loop().set_task_factory(factory)
    results = [await earliest for earliest in asyncio.as_completed([work() for _ in range(3)])]
    print(ended)
    print(results)


@pytest.mark.always("as-completed-plain-not-tasks")
# one way: a fact about what one function returns
def test_a_plain_for_yields_coroutines_of_its_own() -> None:
    async def main() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(time, time)) for time in (2, 1)]
        for earliest in asyncio.as_completed(tasks):
            assert asyncio.iscoroutine(earliest)
            assert earliest not in tasks
            await earliest

    assert perform(main).elapsed == 2


@pytest.mark.always("as-completed-own-error")
@ways(end=but(ENDED, "value"), goes_on={"goes on": True, "leaves": False})
def test_an_error_comes_from_its_own_await(end: End, goes_on: bool) -> None:
    trace = play("tasks/as_completed_errors")
    assert trace.ordered("failed: blog is down", "shop", "docs")
    assert [event.time for event in trace.events] == [1, 2, 3]

    async def main() -> None:
        docs, blog = asyncio.create_task(End().after(3)), asyncio.create_task(end.after(1))
        results = iter(asyncio.as_completed([docs, blog]))
        assert end.error
        with pytest.raises(end.error):
            await next(results)
        assert (docs.done(), docs.cancelling()) == (False, 0)
        assert await (next(results) if goes_on else docs) == "result"

    assert perform(main).elapsed == 3


@pytest.mark.always("as-completed-async-for")
# one way: a fact about what one function returns
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
# one way: only coroutines become tasks
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

    async def limited() -> None:
        results = asyncio.as_completed([asyncio.Event().wait()], timeout=3)
        await asyncio.sleep(1)
        for earliest in results:
            with pytest.raises(TimeoutError):
                await earliest

    assert perform(limited).elapsed == (3 if HAS_ASYNC_FOR else 1 + 3)


@pytest.mark.always("wait-timeout-leaves-tasks")
@ways(made=FUTURES)
def test_a_timeout_of_wait_neither_raises_nor_cancels(made: Awaited) -> None:
    trace = play("tasks/wait_timeout")
    assert [event.time for event in trace.events] == [2, 3]

    async def main() -> None:
        docs, blog = (made(time, End()) for time in (3, 1))
        for seconds in (0, 2):
            done, pending = await asyncio.wait([docs, blog], timeout=seconds)
        assert (done, pending) == ({blog}, {docs})
        assert not docs.done()
        assert await docs in ("result", ["result"])

    assert perform(main).elapsed == 3


@pytest.mark.always("as-completed-step-cut")
@ways(
    leave=only(LEAVES, "timeout", "wait_for"),
    cut={"no step": 0, "one": 1, "two": 2},
)
def test_a_step_that_a_deadline_cuts_is_lost(leave: Leave, cut: int) -> None:
    # no mutant: в примерах шагов не прерывают
    version = sys.version_info
    keeps = version >= (3, 15, 1) or (3, 14, 9) <= version < (3, 15)
    # A task is over a second before the next deadline, after so many deadlines.
    tasks = {number: 1 + number / 10 + 2 * cut * (number > 0) for number in range(4)}

    async def finish(number: int) -> int:
        await asyncio.sleep(tasks[number])
        return number

    got: list[int] = []
    late = 0

    async def main() -> None:
        nonlocal late
        for earliest in asyncio.as_completed([finish(number) for number in tasks]):
            try:
                got.append(await leave(earliest, 2))
            except TimeoutError:
                late += 1

    perform(main)
    assert late == cut
    assert got == [0, 1, 2, 3][: None if keeps else 4 - cut]


@pytest.mark.always("as-completed-timeout")
@ways(made=AWAITED)
def test_a_timeout_of_as_completed_raises_but_cancels_nothing(made: Awaited) -> None:
    async def finish(seconds: int) -> int:
        await made(seconds, End())
        print(f"{seconds} finished")
        return seconds

    async def main() -> None:
        results = iter(asyncio.as_completed([finish(3), finish(1)], timeout=2))
        assert await next(results) == 1
        with pytest.raises(TimeoutError):
            await next(results)
        print("too late")
        await asyncio.sleep(2)

    trace = perform(main)
    assert trace.at("too late") == 2
    assert trace.at("3 finished") == 3

    async def busy() -> None:
        results = iter(asyncio.as_completed([finish(9), finish(3), finish(1)], timeout=4))
        assert await next(results) == 1
        await asyncio.sleep(5)
        assert await next(results) == 3, "ready before the deadline, asked for after it"
        with pytest.raises(TimeoutError):
            await next(results)
        print("too late")
        await asyncio.sleep(4)

    trace = perform(busy)
    assert trace.at("too late") == 1 + 5
    assert trace.at("9 finished") == 9

    async def several() -> None:
        for number, result in enumerate(asyncio.as_completed(map(finish, (1, 3, 9, 5)), timeout=2)):
            if number == 0:
                assert await result == 1
                continue
            with pytest.raises(TimeoutError):
                await result
            print(f"late {number}")
            await asyncio.sleep(2)  # the second one is ready by now
        await asyncio.sleep(2)

    trace = perform(several)
    assert [trace.at(f"late {number}") for number in (1, 2, 3)] == [2, 4, 6]
    assert (trace.at("3 finished"), trace.at("9 finished")) == (3, 9)


async def _by_wait(task: asyncio.Future[Any]) -> None:
    await asyncio.wait([task])


async def _by_as_completed(task: asyncio.Future[Any]) -> None:
    for next_one in asyncio.as_completed([task]):
        await next_one


async def _by_gather(task: asyncio.Future[Any]) -> None:
    await asyncio.gather(task)


async def _after_a_second(waiting: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(waiting)
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def _in_timeout(waiting: Coroutine[Any, Any, None]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await waiting


async def _in_wait_for(waiting: Coroutine[Any, Any, None]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, 1)


Stops = Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]
STOPS: dict[str, Stops] = {
    "cancel": _after_a_second,
    "timeout": _in_timeout,
    "wait_for": _in_wait_for,
}


@pytest.mark.always("wait-cancelled-leaves-tasks")
@ways(stop=STOPS, made=FUTURES)
def test_a_cancelled_wait_leaves_the_tasks_alone(stop: Stops, made: Awaited) -> None:
    async def main() -> None:
        for wait, leaves in ((_by_wait, True), (_by_as_completed, True), (_by_gather, False)):
            task = made(2, End())
            assert isinstance(task, asyncio.Future)
            await stop(wait(task))
            assert task.done() != leaves
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(outcome, asyncio.CancelledError) != leaves

    perform(main)


@pytest.mark.always("wait-needs-tasks")
# one way: a fact about one function
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


@pytest.mark.always("wait-empty")
@ways(how={mode: mode for mode in (asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED)})
def test_wait_takes_no_empty_set(how: str) -> None:
    async def main() -> None:
        nothing: list[asyncio.Task[None]] = []
        for each in (nothing, set(nothing)):
            with pytest.raises(ValueError, match=r"."):
                await asyncio.wait(each, return_when=how)
        generator: Any = (task for task in nothing)
        with pytest.raises((TypeError, AssertionError)):  # the latter since 3.12
            await asyncio.wait(generator, return_when=how)

    perform(main)


@pytest.mark.sometimes("wait-first-completed-several")
def test_first_completed_may_hold_several() -> None:
    async def main() -> None:
        tasks = {asyncio.create_task(asyncio.sleep(1)) for _ in range(2)}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert done == tasks
        assert pending == set()

    assert perform(main).elapsed == 1


@pytest.mark.always("wait-first-completed-any-end")
@ways(end=ENDED)
def test_first_completed_ends_with_any_end(end: End) -> None:
    async def main() -> None:
        first, second = asyncio.create_task(end.after(1)), asyncio.create_task(End().after(3))
        done, pending = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        print("wait returned")
        assert (done, pending) == ({first}, {second})
        await asyncio.gather(first, second, return_exceptions=True)

    assert perform(main).at("wait returned") == 1
    trace = play("tasks/wait_first_answer")
    assert trace.lines == ["slow: cancelled", "answer: far"]
    assert trace.elapsed == 2
    first_answer = load("tasks/wait_first_answer").first_answer

    async def answer(*ends: tuple[int, End], limit: float | None = None) -> None:
        tasks = {asyncio.create_task(end.after(seconds)) for seconds, end in ends}
        try:
            async with asyncio.timeout(limit):
                print(await first_answer(tasks))
        except (ConnectionError, TimeoutError) as error:
            print(type(error).__name__)
        assert all(task.done() for task in tasks)

    trace = perform(lambda: answer((1, end), (2, End()), (9, End())))
    assert trace.lines == ["result"]
    assert trace.elapsed == (2 if end.error else 1)
    if end.error:
        assert perform(lambda: answer((1, end), (2, end))).at("ConnectionError") == 2
    stopped = perform(lambda: answer((5, end), (9, End()), limit=3))
    assert stopped.at("TimeoutError") == stopped.elapsed == 3

    async def amid_errors() -> None:
        def tell(_: object, context: dict[str, Any]) -> None:
            print(context["message"])

        asyncio.get_running_loop().set_exception_handler(tell)
        tasks = {asyncio.create_task(each.after(1)) for each in (End(), *[end] * 20)}
        assert await first_answer(tasks) == "result"
        tasks.clear()
        gc.collect()

    assert perform(amid_errors).lines == [], "an error that nobody has read"


@pytest.mark.always("wait-first-exception")
# one way: each end of three tasks is in the proof
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

    async def by_as_completed(fails: tuple[bool, ...], _: str) -> None:
        for first in asyncio.as_completed([asyncio.create_task(end(fail)) for fail in fails]):
            await first

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
    explored(len(seen), twin_fails=[any(raised(twin)) for twin in (by_gather, by_as_completed)])
    broken = play("tasks/wait_errors_broken")
    assert broken.lines == ["3 rows saved"], "the program doesn't notice"
    assert "Task exception was never retrieved" in broken.stderr
    fixed = play("tasks/wait_errors_fixed")
    assert [("OSError" in line) for line in fixed.lines] == [False, True, False]
    assert fixed.stderr == ""


@pytest.mark.always("wait-four-ways")
@ways(end=FAILED, others=SOME)
def test_four_ways_to_wait_for_a_task_that_fails(end: End, others: int) -> None:
    trace = play("tasks/wait_four_ways")
    errors = ("by_gather: ValueError", "by_group: ExceptionGroup", "by_as_completed: ValueError")
    assert [trace.at(error) % 5 for error in errors] == [2, 2, 2]
    assert trace.at("by_wait: 3 done") % 5 == 3
    assert [event.time // 5 for event in trace.events if event.text == "job 3: done"] == [0, 2, 3]
    assert trace.at("job 3: cancelled") // 5 == 1

    async def by_gather(tasks: list[Any]) -> None:
        await asyncio.gather(*tasks)

    async def by_as_completed(tasks: list[Any]) -> None:
        for earliest in asyncio.as_completed(tasks):
            await earliest

    async def by_wait(tasks: list[Any]) -> None:
        done, pending = await asyncio.wait(tasks)
        assert (done, pending) == (set(tasks), set())

    async def main(way: Callable[[list[Any]], Coroutine[Any, Any, None]] | None) -> None:
        error: BaseException | None = None
        going_on: list[asyncio.Task[str]] = []
        try:
            if way:
                going_on += [asyncio.create_task(End().after(3)) for _ in range(others)]
                await way([*going_on, asyncio.create_task(end.after(2))])
            else:
                async with asyncio.TaskGroup() as group:
                    going_on += [group.create_task(End().after(3)) for _ in range(others)]
                    group.create_task(end.after(2))
        except BaseException as raised:
            error = raised
        print("raised" if error else "returned")
        if isinstance(error, BaseExceptionGroup):
            (error,) = error.exceptions
        assert type(error) is (type(None) if way is by_wait else end.error)
        await asyncio.sleep(2)
        assert [task.cancelled() for task in going_on] == [way is None] * others

    for way in (by_gather, by_as_completed, None):
        assert perform(lambda way=way: main(way)).at("raised") == 2
    assert perform(lambda: main(by_wait)).at("returned") == 3


@pytest.mark.sometimes("wait-pool-future")
def test_a_future_of_a_pool_does_not_wake_wait() -> None:
    # no mutant: будит ли вызов цикл, решает asyncio; пример показал бы это лишь часами
    message = "'Future' object has no attribute 'remove_done_callback'"

    async def main(wraps: bool) -> int:
        loop: Any = asyncio.get_running_loop()
        wake = loop._write_to_self
        woken: list[bool] = []
        loop._write_to_self = lambda: (woken.append(True), wake())
        pooled: Any = concurrent.futures.Future()
        waited = asyncio.wrap_future(pooled) if wraps else pooled
        waiting = asyncio.create_task(asyncio.wait([waited]))
        await asyncio.sleep(0)
        assert not waiting.done(), "it is not refused"
        thread = threading.Thread(target=pooled.set_result, args=("result",))
        thread.start()
        thread.join()
        times = len(woken)
        if wraps:
            assert await waiting == ({waited}, set())
        else:
            with pytest.raises(AttributeError, match=message):
                await waiting
        return times

    # In debug mode it isn't woken either, and besides waits for ever.
    assert [asyncio.run(main(wraps), debug=False) for wraps in (False, True)] == [0, 1]


@pytest.mark.always("wait-first-exception-silences")
@ways(started=but(STARTED, "TaskGroup"), end=FAILED, others=COUNTS)
def test_first_exception_reads_the_error_that_ends_it(
    started: Started, end: End, others: int
) -> None:
    # no mutant: примеры страницы не ждут с FIRST_EXCEPTION
    async def main(return_when: str) -> None:
        async with started() as start:
            going_on = [start(asyncio.sleep(5)) for _ in range(others)]
            tasks = [start(end.after(1)), *going_on]
            _, pending = await asyncio.wait(tasks, return_when=return_when)
            assert len(pending) == (0 if return_when == asyncio.ALL_COMPLETED else others)
            await asyncio.sleep(10)
            del tasks
            gc.collect()

    modes = (asyncio.FIRST_EXCEPTION, asyncio.FIRST_COMPLETED, asyncio.ALL_COMPLETED)
    told = ["never retrieved" in perform(lambda mode=mode: main(mode)).stderr for mode in modes]
    # The last one to end is not read either.
    assert told == [others == 0, True, True]
