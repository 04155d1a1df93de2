"""Proofs for source/coroutines/awaitable.md."""

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Coroutine, Generator
from inspect import isawaitable
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import AWAITED, ENDED, FUTURES, Awaited, End, only, outcome_of, ways


@pytest.mark.always("awaitable-three-kinds")
@ways(awaited=only(AWAITED, "coroutine", "task", "future"))
def test_coroutine_task_and_future_give_their_results(awaited: Awaited) -> None:
    trace = play("coroutines/awaitable_kinds")
    assert trace.at("a coroutine") == 1
    assert [event.time for event in trace.events if event.text == "a task"] == [1, 1]
    assert trace.at("a future") == 3

    async def main() -> None:
        assert await awaited(1, End()) == "result"

    assert perform(main).elapsed == 1


@pytest.mark.always("awaitable-task-twice")
@ways(made=FUTURES, end=ENDED)
def test_task_and_future_answer_every_await_alike(made: Awaited, end: End) -> None:
    # no mutant: примеры страницы ждут каждую задачу по разу
    async def main() -> None:
        future = made(1, end)
        for _ in range(3):
            assert await outcome_of(future) == end.outcome
        first, second = [await asyncio.gather(future, return_exceptions=True) for _ in range(2)]
        assert first[0] is second[0] or end.error is asyncio.CancelledError

    perform(main)

    async def cancelled() -> None:
        task = asyncio.create_task(asyncio.sleep(1))
        await asyncio.sleep(0)
        task.cancel()
        raised: list[BaseException] = []
        for _ in range(2):
            try:
                await task
            except asyncio.CancelledError as error:
                raised.append(error)
        first, second = raised
        assert first is not second

    perform(cancelled)


@pytest.mark.always("awaitable-own-await")
# one way: a fact about one method
def test_an_object_with_dunder_await_can_be_awaited_again_and_again() -> None:
    trace = play("coroutines/awaitable_own")
    assert [event.time for event in trace.events] == [2, 4]
    delay = load("coroutines/awaitable_own").Delay(1)
    assert isawaitable(delay)
    assert not isawaitable(object())
    # On the instance it doesn't count: the class must have it.
    plain = type("Plain", (), {})()
    plain.__await__ = delay.__await__
    assert not isawaitable(plain)


@pytest.mark.always("awaitable-await-returns-iterator")
# one way: a fact about one method
def test_dunder_await_must_return_an_iterator() -> None:
    class Wrong:
        def __init__(self) -> None:
            self.coroutine = asyncio.sleep(0)

        def __await__(self) -> Coroutine[Any, Any, None]:
            return self.coroutine

    class Right(Wrong):
        def __await__(self) -> Generator[Any, None, None]:
            return self.coroutine.__await__()

    async def main() -> None:
        await Right()
        wrong = Wrong()
        with pytest.raises(TypeError):
            await wrong
        wrong.coroutine.close()

    perform(main)


@pytest.mark.always("awaitable-bad-yield")
# one way: a fact about what is yielded, of which it tries six
def test_a_foreign_value_out_of_the_iterator_is_a_runtime_error() -> None:
    class Yields:
        def __init__(self, value: object) -> None:
            self.value = value

        def __await__(self) -> Generator[Any, None, str]:
            yield self.value
            return "resumed"

    async def main() -> None:
        assert await Yields(None) == "resumed"
        for junk in ("junk", 1, [], concurrent.futures.Future()):
            with pytest.raises(RuntimeError):
                await Yields(junk)
        with pytest.raises(RuntimeError, match="yield from"):
            await Yields(asyncio.get_running_loop().create_future())

    perform(main)


@pytest.mark.always("awaitable-rejected")
# one way: a fact about the three types named
def test_function_list_and_generator_are_type_errors() -> None:
    trace = play("coroutines/awaitable_rejected")
    *rejected, accepted = trace.lines

    async def numbers() -> AsyncIterator[int]:
        yield 1

    assert not isawaitable(numbers())
    assert [line.partition(": ")[2] for line in rejected] == ["TypeError"] * 3
    assert accepted == "coroutine: answer"


@pytest.mark.always("awaitable-plain-function-runs")
@ways(
    result={"None": None, "number": 1, "list": [], "coroutine function": End().after},
    awaitable={"as it is": False, "an awaitable": True},
)
def test_a_plain_function_has_run_before_the_error(result: object, awaitable: bool) -> None:
    # no mutant: обычных функций под await в примерах страницы нет
    done: list[str] = []

    def save() -> Any:
        done.extend(["begun", "ended"])
        return asyncio.sleep(0, result) if awaitable else result

    async def main() -> None:
        if awaitable:
            assert await save() is result
        else:
            with pytest.raises(TypeError):
                await save()
        assert done == ["begun", "ended"]

    perform(main)


@pytest.mark.always("awaitable-pool-future")
# one way: a fact about one class
def test_the_future_of_a_pool_is_a_type_error() -> None:
    assert play("coroutines/awaitable_pool_broken").lines[0].startswith("TypeError")
    assert play("coroutines/awaitable_pool_fixed").lines == ["1024"]
    future: concurrent.futures.Future[str] = concurrent.futures.Future()
    future.set_result("ready")
    assert not isawaitable(future)
