"""Proofs for source/coroutines/async-with-for.md."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from proven.stage import load, perform, play


@pytest.mark.always("async-with-waits-at-both-ends")
def test_others_work_while_async_with_enters_and_exits() -> None:
    connection = load("coroutines/async_with_connection").Connection

    async def tick() -> None:
        for number in range(4):
            await asyncio.sleep(0.4)
            print(f"tick {number}")

    async def main() -> None:
        task = asyncio.create_task(tick())
        async with connection():
            print("inside")
        print("outside")
        await task

    trace = perform(main)
    assert trace.ordered(
        *("tick 0", "tick 1", "connection: open", "inside"),
        *("tick 2", "tick 3", "connection: closed", "outside"),
    )
    assert (trace.at("inside"), trace.at("outside")) == (1, 2)


@pytest.mark.always("async-with-exits-on-error")
def test_the_exit_runs_on_error_and_on_cancellation() -> None:
    trace = play("coroutines/async_with_connection")
    assert trace.ordered("main: sends a request", "connection: closed", "main: ConnectionError")
    connection = load("coroutines/async_with_connection").Connection

    async def work() -> None:
        async with connection():
            await asyncio.sleep(10)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert perform(main).at("connection: closed") == 3


@pytest.mark.always("async-for-lets-others-run")
def test_others_work_while_async_for_waits() -> None:
    trace = play("coroutines/async_for_pages")
    assert trace.ordered("neighbour: works meanwhile", "page 1: received")
    assert trace.at("neighbour: works meanwhile") == 0.5


@pytest.mark.always("async-for-is-sequential")
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
def test_outside_async_def_it_is_a_syntax_error() -> None:
    for code in ("async with a: pass", "async for x in a: pass", "[x async for x in a]"):
        compile(f"async def f():\n {code}", "place", "exec")
        for place in ("{}", "def f():\n {}"):
            with pytest.raises(SyntaxError):
                compile(place.format(code), "place", "exec")
            compile(place.format("(x async for x in a)"), "place", "exec")


@pytest.mark.always("async-for-list-type-error")
def test_async_for_over_a_list_is_a_type_error() -> None:
    async def main() -> None:
        numbers: Any = [1, 2]
        with pytest.raises(TypeError):
            async for _ in numbers:
                pass

    perform(main)


@pytest.mark.always("async-with-plain-with-fails")
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
