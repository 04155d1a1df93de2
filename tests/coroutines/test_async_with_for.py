"""Proofs for source/coroutines/async-with-for.md."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import AWAITED, ENDED, Awaited, End, but, outcome_of, ways


class _Managed:
    """Waits in this way for a second at both ends, and tells when it was left."""

    def __init__(self, awaited: Awaited = AWAITED["coroutine"], answer: object = None) -> None:
        self.awaited, self.answer = awaited, answer

    async def __aenter__(self) -> None:
        await self.awaited(1, End())
        print("entered")

    async def __aexit__(self, *_: object) -> object:
        await self.awaited(1, End())
        print("left")
        return self.answer


@pytest.mark.always("async-with-waits-at-both-ends")
@ways(awaited=AWAITED)
def test_others_work_while_async_with_enters_and_exits(awaited: Awaited) -> None:

    async def tick() -> None:
        for number in range(4):
            await asyncio.sleep(0.4)
            print(f"tick {number}")

    async def main() -> None:
        task = asyncio.create_task(tick())
        async with _Managed(awaited):
            print("inside")
        print("outside")
        await task

    trace = perform(main)
    assert trace.ordered(
        *("tick 0", "tick 1", "entered", "inside"),
        *("tick 2", "tick 3", "left", "outside"),
    )
    assert (trace.at("inside"), trace.at("outside")) == (1, 2)


@pytest.mark.always("async-with-exits-on-error")
@ways(end=ENDED, asked={"by itself": False, "cancelled from outside": True})
def test_the_exit_runs_however_the_body_ends(end: End, asked: bool) -> None:
    trace = play("coroutines/async_with_connection")
    assert trace.ordered("main: sends a request", "connection: closed", "main: ConnectionError")

    async def work() -> None:
        async with _Managed():
            await end.after(2)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(2)
        if asked:
            task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        expected = asyncio.CancelledError if asked else end.error or type(None)
        assert type(outcome) is expected

    assert perform(main).at("left") == (3 if asked else 4)


@pytest.mark.always("async-with-second-cancel")
@ways(awaited=AWAITED, again={"once": False, "twice": True})
def test_a_second_cancellation_cuts_the_exit(awaited: Awaited, again: bool) -> None:
    # no mutant: в примерах страницы задач не отменяют
    async def work() -> None:
        async with _Managed(awaited):
            await asyncio.sleep(100)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(2)
        task.cancel()
        await asyncio.sleep(0.5)
        if again:
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        print("over")

    trace = perform(main)
    assert trace.lines == ["entered", *["left"] * (not again), "over"]
    assert trace.at("over") == (2.5 if again else 3)


@pytest.mark.always("async-with-true-swallows")
@ways(end=ENDED, answer={"nothing": None, "False": False, "True": True, "an object": object()})
def test_a_true_answer_of_the_exit_swallows_the_error(end: End, answer: object) -> None:
    async def work() -> str:
        async with _Managed(answer=answer):
            await end.after(1)
        return "went on"

    async def main() -> None:
        task = asyncio.create_task(work())
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert (outcome == "went on") == (end.error is None or bool(answer))
        assert task.cancelled() == (end.error is asyncio.CancelledError and not answer)

    perform(main)


async def _ended(manager: Callable[[], Any], end: End, asked: bool) -> object:
    """Return how a task ended whose body of `async with` ended so, or was cancelled meanwhile."""

    async def work() -> str:
        async with manager():
            await end.after(2)
        return "went on"

    task = asyncio.create_task(work())
    await asyncio.sleep(1)
    if asked:
        task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    return outcome if isinstance(outcome, str) else type(outcome)


@pytest.mark.always("async-with-error-at-yield")
@ways(end=ENDED, asked={"by itself": False, "cancelled from outside": True})
def test_the_error_of_the_body_comes_to_the_yield(end: End, asked: bool) -> None:
    trace = play("coroutines/async_with_generator")
    assert "careless: closed" not in trace.lines
    assert trace.at("careful: closed") == trace.at("careful: open") + 1

    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        try:
            yield
        except BaseException as error:
            print(type(error).__name__)
            raise
        finally:
            print("finally")
        print("after")

    async def main() -> None:
        error = asyncio.CancelledError if asked else end.error
        assert await _ended(manager, end, asked) == (error or "went on")
        print(error.__name__ if error else "no error")

    *seen, error = perform(main).lines
    assert seen == (["finally", "after"] if error == "no error" else [error, "finally"])


@pytest.mark.always("async-with-generator-swallows")
@ways(end=but(ENDED, "value"), asked={"by itself": False, "cancelled from outside": True})
def test_an_error_caught_at_the_yield_goes_no_further(end: End, asked: bool) -> None:
    # no mutant: в примере исключения на yield никто не ловит
    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        with suppress(BaseException):
            yield

    async def main() -> None:
        assert await _ended(manager, end, asked) == "went on"

    perform(main)


@pytest.mark.always("async-with-generator-once")
@ways(
    end=ENDED,
    inside={"inside the first": True, "after it": False},
    other={"same task": False, "another": True},
)
def test_a_manager_made_of_a_generator_is_entered_once(end: End, inside: bool, other: bool) -> None:
    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        yield

    async def enter(entered: Any) -> object:
        async with entered:
            return await end.after(1)

    async def refused(entered: Any) -> None:
        message = "'_AsyncGeneratorContextManager' object has no attribute 'args'"
        with pytest.raises(AttributeError, match=message):
            await enter(entered)

    async def main() -> None:
        once = manager()
        if inside:
            async with once:
                await (asyncio.create_task(refused(once)) if other else refused(once))
        else:
            assert await outcome_of(enter(once)) == end.outcome
            await (asyncio.create_task(refused(once)) if other else refused(once))
        assert await outcome_of(enter(manager())) == end.outcome

    perform(main)


@pytest.mark.always("async-with-cancelled-enter")
@ways(awaited=AWAITED, end=but(ENDED, "value"))
def test_an_interrupted_entry_is_not_followed_by_the_exit(awaited: Awaited, end: End) -> None:
    async def work() -> None:
        async with _Managed(awaited):
            print("inside")

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    assert perform(main).lines == []

    class Failing(_Managed):
        async def __aenter__(self) -> None:
            await self.awaited(1, end)

    class Swallowing(_Managed):
        async def __aenter__(self) -> None:
            with suppress(asyncio.CancelledError):
                await super().__aenter__()

    async def enter(manager: _Managed) -> None:
        async with manager:
            print("inside")

    async def failed() -> None:
        assert await outcome_of(enter(Failing(awaited))) is end.error

    async def swallowed() -> None:
        task = asyncio.create_task(enter(Swallowing(awaited)))
        await asyncio.sleep(0.5)
        task.cancel()
        await task

    assert perform(failed).lines == []
    assert perform(swallowed).lines == ["inside", "left"], "no exception came out of the entry"


@pytest.mark.always("async-for-lets-others-run")
@ways(awaited=AWAITED)
def test_others_work_while_async_for_waits(awaited: Awaited) -> None:
    trace = play("coroutines/async_for_pages")
    assert trace.ordered("neighbour: works meanwhile", "page 1: received")
    assert trace.at("neighbour: works meanwhile") == 0.5

    async def values() -> AsyncIterator[int]:
        for number in range(2):
            await awaited(1, End())
            yield number

    async def tick() -> None:
        for number in range(2):
            await asyncio.sleep(0.7)
            print(f"tick {number}")

    async def main() -> None:
        task = asyncio.create_task(tick())
        async for number in values():
            print(f"value {number}")
        await task

    assert perform(main).lines == ["tick 0", "value 0", "tick 1", "value 1"]


@pytest.mark.always("async-for-is-sequential")
# one way: nothing is awaited but sleeps, of several lengths
def test_waits_and_handling_add_up() -> None:
    trace = play("coroutines/async_for_pages")
    assert trace.peak("received", "handled") == 1
    assert trace.elapsed == 2 * (1 + 1)
    pages = load("coroutines/async_for_pages").pages
    for seconds in (0, 1, 3):

        async def main(seconds: int = seconds) -> None:
            async for _ in pages():
                await asyncio.sleep(seconds)

        assert perform(main).elapsed == 2 * (1 + seconds)


@pytest.mark.always("async-for-comprehension")
# one way: the grammar has one form
def test_a_comprehension_waits_for_one_value_after_another() -> None:
    async def values(count: int) -> AsyncIterator[int]:
        for number in range(count):
            await asyncio.sleep(1)
            yield number

    for count in (1, 3, 5):

        async def main(count: int = count) -> None:
            assert [number async for number in values(count)] == list(range(count))

        assert perform(main).elapsed == count


@pytest.mark.always("async-with-for-only-in-async-def")
# one way: the grammar has no ways
def test_outside_async_def_it_is_a_syntax_error() -> None:
    for code in ("async with a: pass", "async for x in a: pass", "[x async for x in a]"):
        compile(f"async def f():\n {code}", "place", "exec")
        for place in ("{}", "def f():\n {}"):
            with pytest.raises(SyntaxError):
                compile(place.format(code), "place", "exec")
            compile(place.format("(x async for x in a)"), "place", "exec")


@pytest.mark.always("async-for-list-type-error")
# one way: a fact about one type
def test_async_for_over_a_list_is_a_type_error() -> None:
    async def main() -> None:
        numbers: Any = [1, 2]
        with pytest.raises(TypeError):
            async for _ in numbers:
                pass

    perform(main)


async def _for(values: Any) -> list[int]:
    found = []
    async for value in values:
        found.append(value)
    return found


async def _comprehension(values: Any) -> list[int]:
    return [value async for value in values]


class _Values:
    """Waits in this way for each of so many values, and counts its calls."""

    def __init__(self, count: int, awaited: Awaited = AWAITED["coroutine"]) -> None:
        self.count, self.awaited, self.given = count, awaited, 0
        self.calls: list[str] = []

    def __aiter__(self) -> "_Values":
        self.calls.append("aiter")
        return self

    async def __anext__(self) -> int:
        self.calls.append("anext")
        if self.given == self.count:
            raise StopAsyncIteration
        await self.awaited(1, End())
        self.given += 1
        return self.given


@pytest.mark.always("async-for-protocol")
@ways(
    walk={"statement": _for, "comprehension": _comprehension},
    count={"none": 0, "one": 1, "many": 4},
    awaited=AWAITED,
)
def test_async_for_asks_once_for_the_iterator_and_then_for_values(
    walk: Callable[[Any], Coroutine[Any, Any, list[int]]], count: int, awaited: Awaited
) -> None:
    async def main() -> None:
        values = _Values(count, awaited)
        assert await walk(values) == list(range(1, count + 1))
        assert values.calls == ["aiter", *["anext"] * (count + 1)]

    assert perform(main).elapsed == count


async def _generated(count: int, pause: bool) -> AsyncIterator[int]:
    for number in range(count):
        if pause:
            await asyncio.sleep(0)
        yield number


class _Given:
    def __init__(self, count: int, pause: bool) -> None:
        self.numbers, self.pause = iter(range(count)), pause

    def __aiter__(self) -> "_Given":
        return self

    async def __anext__(self) -> int:
        if self.pause:
            await asyncio.sleep(0)
        for number in self.numbers:
            return number
        raise StopAsyncIteration


@pytest.mark.always("async-for-without-waits")
@ways(
    walk={"statement": _for, "comprehension": _comprehension},
    source={"generator": _generated, "class": _Given},
    count={"one": 1, "many": 100},
)
def test_async_for_without_a_suspension_lets_nobody_in(
    walk: Callable[[Any], Coroutine[Any, Any, list[int]]],
    source: Callable[[int, bool], Any],
    count: int,
) -> None:
    # no mutant: в примерах страницы источник ждёт
    async def neighbour() -> None:
        print("neighbour")

    async def main(pause: bool) -> None:
        task = asyncio.create_task(neighbour())
        assert await walk(source(count, pause)) == list(range(count))
        print("walked")
        await task

    assert perform(lambda: main(pause=False)).lines == ["walked", "neighbour"]
    assert perform(lambda: main(pause=True)).lines == ["neighbour", "walked"]


@pytest.mark.always("async-for-again")
# one way: the contrast is an iterator that returns itself
def test_a_new_iterator_each_time_is_walked_again() -> None:
    assert play("coroutines/async_for_class").lines == [
        *("__aiter__", "page 1", "page 2", "__anext__: no more pages"),
        *("__aiter__", "__anext__: no more pages", "again: []"),
    ]

    class ByClass:
        def __aiter__(self) -> _Values:
            return _Values(3)

    class ByGenerator:
        async def __aiter__(self) -> AsyncIterator[int]:
            for number in (1, 2, 3):
                yield number

    async def main() -> None:
        for values in (ByClass(), ByGenerator()):
            for _ in range(3):
                assert await _for(values) == [1, 2, 3]
        itself = _Values(3)
        assert [await _for(itself), await _for(itself)] == [[1, 2, 3], []]

    perform(main)


@pytest.mark.always("async-for-aiter-plain")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
# one way: a fact about one method
def test_an_aiter_that_must_be_awaited_is_a_type_error() -> None:
    class Awaited(_Values):
        async def __aiter__(self) -> Any:
            return self

    message = (
        "'async for' received an object from __aiter__ that does not implement __anext__: coroutine"
    )

    async def main() -> None:
        with pytest.raises(TypeError, match=message):
            await _for(Awaited(2))

    perform(main)


@pytest.mark.always("async-for-generator-stop")
# one way: a fact about generators, of which it tries three
def test_stop_async_iteration_in_a_generator_is_a_runtime_error() -> None:
    async def values(stop: str, start: int) -> AsyncIterator[int]:
        for number in range(start):
            await asyncio.sleep(0)
            yield number
        if stop == "raise":
            raise StopAsyncIteration
        return

    async def main() -> None:
        for count in (0, 1, 3):
            with pytest.raises(RuntimeError, match="async generator raised StopAsyncIteration"):
                await _for(values("raise", count))
            assert await _for(values("return", count)) == list(range(count))

    perform(main)


Leaves = Callable[[Any], Coroutine[Any, Any, None]]


async def _break(rows: Any) -> None:
    async for _ in rows:
        break


async def _return(rows: Any) -> None:
    async for _ in rows:
        return


async def _raise(rows: Any) -> None:
    async for _ in rows:
        raise LookupError


async def _cancelled(rows: Any) -> None:
    async for _ in rows:
        raise asyncio.CancelledError


LEAVES: dict[str, Leaves] = {
    "break": _break,
    "return": _return,
    "exception": _raise,
    "cancellation": _cancelled,
}


async def _to_the_end(rows: Any) -> None:
    async for _ in rows:
        pass


async def _close(rows: Any) -> None:
    await rows.aclose()


async def _rows(closed_in: list[asyncio.Task[Any] | None]) -> Any:
    try:
        for number in range(3):
            yield number
    finally:
        closed_in.append(asyncio.current_task())


@pytest.mark.always("async-for-break-leaves-open")
@ways(leave=LEAVES, held={"held": True, "dropped": False})
def test_a_generator_left_early_is_closed_later_by_another_task(leave: Leaves, held: bool) -> None:
    broken = play("coroutines/async_for_break_broken")
    assert broken.ordered("main: row 1", "main: database closed", "rows: cursor closed")
    closed_in: list[asyncio.Task[Any] | None] = []
    mains: list[asyncio.Task[Any] | None] = []

    async def main() -> None:
        mains.append(asyncio.current_task())
        kept = [_rows(closed_in)]
        with suppress(LookupError, asyncio.CancelledError):
            await leave(kept[0] if held else kept.pop())
        assert not closed_in, "it is still open"
        await asyncio.sleep(1)
        assert bool(closed_in) == (not held)

    perform(main)
    assert len(closed_in) == 1
    assert closed_in[0] is not mains[0]

    async def goes_on(finish: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        rows = _rows(closed_in)
        with suppress(LookupError, asyncio.CancelledError):
            await leave(rows)
        assert not closed_in
        await finish(rows)
        assert closed_in == [asyncio.current_task()]

    for finish in (_to_the_end, _close):
        closed_in.clear()
        perform(lambda finish=finish: goes_on(finish))


@pytest.mark.always("async-for-class-break")
@ways(leave=LEAVES)
def test_a_class_is_not_told_that_the_loop_was_left(leave: Leaves) -> None:
    class Watched(_Values):
        def __getattribute__(self, name: str) -> Any:
            if name in {"aclose", "athrow", "__aexit__", "__del__"}:
                object.__getattribute__(self, "calls").append(name)
            return object.__getattribute__(self, name)

        async def aclose(self) -> None:
            self.calls.append("aclose ran")

    async def main() -> None:
        values = Watched(3)
        with suppress(LookupError, asyncio.CancelledError):
            await leave(values)
        await asyncio.sleep(1)
        assert values.calls == ["aiter", "anext"]
        assert values.given == 1

    perform(main)


@pytest.mark.always("async-for-aclosing")
@ways(leave=LEAVES)
def test_aclosing_closes_the_generator_in_the_same_task(leave: Leaves) -> None:
    fixed = play("coroutines/async_for_break_fixed")
    assert fixed.ordered("main: row 1", "rows: cursor closed", "main: database closed")
    closed_in: list[asyncio.Task[Any] | None] = []

    async def main() -> None:
        with suppress(LookupError, asyncio.CancelledError):
            async with aclosing(_rows(closed_in)) as rows:
                await leave(rows)
        assert closed_in == [asyncio.current_task()]

    perform(main)


@pytest.mark.always("async-with-plain-with-fails")
# one way: a fact about the classes, of which it tries four
def test_plain_with_fails_on_what_wants_async_with() -> None:
    assert play("coroutines/async_with_lock_broken").lines[0].startswith("TypeError")
    assert play("coroutines/async_with_lock_fixed").lines == [
        "main: inside, locked: True",
        "main: outside, locked: False",
    ]

    async def main() -> None:
        for make in (asyncio.Lock, asyncio.Semaphore, asyncio.TaskGroup):
            manager: Any = make()
            with pytest.raises(TypeError), manager:
                pass
            async with manager:
                pass
        timeout: Any = asyncio.timeout(1)
        with pytest.raises(TypeError), timeout:
            pass

    perform(main)
