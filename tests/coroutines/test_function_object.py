"""Proofs for source/coroutines/function-object.md."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from inspect import (
    CORO_CLOSED,
    CORO_CREATED,
    getcoroutinestate,
    isawaitable,
    iscoroutine,
    iscoroutinefunction,
)
from types import AsyncGeneratorType, CoroutineType, FunctionType
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, End, outcome_of, ways


@pytest.mark.always("function-object-plain-function")
# one way: a fact about one type
def test_async_def_makes_a_plain_function() -> None:
    # no mutant: утверждение о типе объекта, а перестановки и пропуски в программе тип не меняют
    greet = load("coroutines/function_object_kinds").greet
    assert type(greet) is FunctionType
    assert iscoroutinefunction(greet)
    assert not iscoroutine(greet)


@functools.wraps(End.after)
def wrapped(end: End, seconds: float) -> Coroutine[Any, Any, str]:
    return end.after(seconds)


class Called:
    async def __call__(self, end: End, seconds: float) -> str:
        return await end.after(seconds)


CALLED: dict[str, tuple[Callable[[End, float], Any], bool]] = {
    "async def": (End.after, True),
    "partial": (functools.partial(End.after), True),
    "wraps": (wrapped, False),
    "lambda": (lambda end, seconds: end.after(seconds), False),
    "__call__": (Called(), False),
}
"""Callables that give a coroutine, and whether they have the flag."""


@pytest.mark.always("function-object-flag-misses")
@ways(called=CALLED)
def test_the_flag_of_a_wrapper_is_not_set(called: tuple[Callable[[End, float], Any], bool]) -> None:
    # no mutant: утверждение о флаге, который ставит сам Python
    function, has_flag = called
    assert iscoroutinefunction(function) is has_flag

    async def main() -> None:
        result = function(End(), 1)
        assert isawaitable(result)
        assert await result == "result"

    perform(main)


@pytest.mark.always("function-object-call-makes-coroutine")
# one way: a fact about one type
def test_each_call_makes_a_new_coroutine() -> None:
    greet = load("coroutines/function_object_kinds").greet
    first, second = greet("Ada"), greet("Ada")
    assert type(first) is type(second) is CoroutineType
    assert first is not second
    first.close()
    second.close()
    trace = play("coroutines/function_object_kinds")
    assert trace.ordered("greet('Ada'): coroutine", "hello, Ada")


@pytest.mark.always("function-object-body-waits")
# one way: a call is a call
def test_the_call_runs_nothing_of_the_body() -> None:
    trace = play("coroutines/function_object_kinds")
    assert trace.ordered("before await: CORO_CREATED", "greet: the body runs", "hello, Ada")
    ran = []

    async def body() -> None:
        ran.append(True)

    async def main() -> None:
        coroutine = body()
        await asyncio.sleep(5)
        assert getcoroutinestate(coroutine) == CORO_CREATED
        assert not ran
        await coroutine
        assert ran

    perform(main)


@pytest.mark.always("function-object-no-await-needed")
# one way: the grammar has no ways
def test_without_await_it_is_still_a_coroutine_function() -> None:
    async def answer() -> int:
        return 42

    def plain() -> int:
        return 42

    assert iscoroutinefunction(answer)
    assert not iscoroutinefunction(plain)
    assert asyncio.run(answer()) == plain()


@pytest.mark.always("function-object-yield-makes-generator")
# one way: the grammar has no ways
def test_yield_makes_an_async_generator() -> None:
    numbers = load("coroutines/function_object_generator").count()
    assert type(numbers) is AsyncGeneratorType
    assert not iscoroutine(numbers)
    assert play("coroutines/function_object_generator").lines[-1] == "[1, 2]"


@pytest.mark.always("function-object-reserved-words")
# one way: the grammar has no ways
def test_async_and_await_are_no_names() -> None:
    for name in ("async", "await"):
        compile(f"{name}_ = 1", "name", "exec")
        with pytest.raises(SyntaxError):
            compile(f"{name} = 1", "name", "exec")


@pytest.mark.always("function-object-single-use")
@ways(end=ENDED)
def test_no_second_await_however_the_first_ended(end: End) -> None:
    async def main() -> None:
        coroutine = end.after(1)
        assert await outcome_of(coroutine) == end.outcome
        assert getcoroutinestate(coroutine) == CORO_CLOSED
        with pytest.raises(RuntimeError):
            await coroutine

        coroutine = end.after(1)
        first = asyncio.create_task(coroutine)
        await asyncio.sleep(0.5)
        with pytest.raises(RuntimeError):
            await coroutine
        assert await outcome_of(first) == end.outcome

    async def itself() -> None:
        async def wait() -> None:
            await coroutine

        coroutine = wait()
        assert await outcome_of(coroutine) is ValueError, "no other task awaits it"

    perform(main)
    perform(itself)
    assert play("coroutines/function_object_retry_broken").lines[-1].startswith("RuntimeError")
    assert play("coroutines/function_object_retry_fixed").lines[-1] == "page"


@pytest.mark.always("function-object-two-drivers")
@ways(
    pauses={str(pauses): pauses for pauses in (0, 1, 2, 3)},
    seconds={"a pass": 0, "a second": 1},
    end=ENDED,
    both={"await": False, "two tasks": True},
)
def test_of_two_who_drive_a_coroutine_one_gets_its_outcome(
    pauses: int, seconds: int, end: End, both: bool
) -> None:
    async def work() -> str:
        for _ in range(pauses):
            await asyncio.sleep(seconds)
        return end.reach()

    async def main() -> None:
        coroutine = work()
        task = asyncio.create_task(coroutine)
        other = asyncio.create_task(coroutine) if both else coroutine
        outcomes = [await outcome_of(other), await outcome_of(task)]
        assert sorted(map(str, outcomes)) == sorted(map(str, [RuntimeError, end.outcome]))
        if pauses == 1 and not both:
            # The task's first step comes in the pass for which the coroutine pauses.
            assert (outcomes[0] is RuntimeError) == (seconds == 0), "who it is hangs on the wait"

    perform(main)


@pytest.mark.sometimes("function-object-cancelled-driver")
@ways(cancelled={"the second": True, "nobody": False})
def test_who_shares_a_coroutine_with_a_cancelled_task_may_never_end(cancelled: bool) -> None:
    # no mutant: в примерах одну корутину двигает кто-то один
    async def main() -> None:
        coroutine = asyncio.sleep(1)
        first, second = asyncio.create_task(coroutine), asyncio.create_task(coroutine)
        if cancelled:
            second.cancel()
        _, waiting = await asyncio.wait({first, second}, timeout=3600)
        assert waiting == ({first} if cancelled else set())
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

    perform(main)
