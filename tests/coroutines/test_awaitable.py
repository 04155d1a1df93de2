"""Proofs for source/coroutines/awaitable.md."""

import asyncio
import concurrent.futures
from collections.abc import Coroutine, Generator
from inspect import isawaitable
from typing import Any

import pytest
from proven.stage import load, perform, play


@pytest.mark.always("awaitable-three-kinds")
def test_coroutine_task_and_future_give_their_results() -> None:
    trace = play("coroutines/awaitable_kinds")
    assert trace.at("a coroutine") == 1
    assert [event.time for event in trace.events if event.text == "a task"] == [1, 1]
    assert trace.at("a future") == 3


@pytest.mark.always("awaitable-task-twice")
def test_task_and_future_answer_every_await_alike() -> None:
    async def work() -> object:
        return object()

    async def fail() -> object:
        raise ValueError

    async def main() -> None:
        task = asyncio.create_task(work())
        future = asyncio.get_running_loop().create_future()
        future.set_result(object())
        assert await task is await task
        assert await future is await future
        failed = asyncio.create_task(fail())
        for _ in range(2):
            with pytest.raises(ValueError):  # noqa: PT011
                await failed

    perform(main)


@pytest.mark.always("awaitable-own-await")
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
def test_dunder_await_must_return_an_iterator() -> None:
    class Wrong:
        def __init__(self) -> None:
            self.coroutine = asyncio.sleep(0)

        def __await__(self) -> Coroutine[Any, Any, None]:
            return self.coroutine

    class Right(Wrong):
        def __await__(self) -> Generator[Any, None, None]:  # type: ignore[override]
            return self.coroutine.__await__()

    async def main() -> None:
        await Right()
        wrong = Wrong()
        with pytest.raises(TypeError):
            await wrong
        wrong.coroutine.close()

    perform(main)


@pytest.mark.always("awaitable-bad-yield")
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
def test_function_list_and_generator_are_type_errors() -> None:
    trace = play("coroutines/awaitable_rejected")
    *rejected, accepted = trace.lines
    assert [line.partition(": ")[2] for line in rejected] == ["TypeError"] * 3
    assert accepted == "coroutine: answer"


@pytest.mark.always("awaitable-pool-future")
def test_the_future_of_a_pool_is_a_type_error() -> None:
    assert play("coroutines/awaitable_pool_broken").lines[0].startswith("TypeError")
    future: concurrent.futures.Future[str] = concurrent.futures.Future()
    future.set_result("ready")
    assert not isawaitable(future)


@pytest.mark.always("awaitable-wrap-future")
def test_wrap_future_makes_an_asyncio_future_with_the_same_outcome() -> None:
    assert play("coroutines/awaitable_pool_fixed").lines == ["1024"]
    good: concurrent.futures.Future[object] = concurrent.futures.Future()
    bad: concurrent.futures.Future[object] = concurrent.futures.Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        wrapped = asyncio.wrap_future(good)
        assert isinstance(wrapped, asyncio.Future)
        loop.call_soon(good.set_result, answer := object())
        assert await wrapped is answer
        loop.call_soon(bad.set_exception, ValueError())
        with pytest.raises(ValueError):  # noqa: PT011
            await asyncio.wrap_future(bad)

    asyncio.run(main())
