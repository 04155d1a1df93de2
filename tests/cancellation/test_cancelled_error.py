"""Proofs for source/cancellation/cancelled-error.md."""

import asyncio
import sys
import warnings

import pytest
from proven.stage import load, perform, play


async def _stubborn(seconds: float = 5) -> str:
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("swallowed")
    await asyncio.sleep(seconds)
    print("on to the end")
    return "result"


@pytest.mark.always("cancelled-error-base")
def test_except_exception_lets_it_pass() -> None:
    assert issubclass(asyncio.CancelledError, BaseException)
    assert not issubclass(asyncio.CancelledError, Exception)
    trace = play("cancellation/cancelled_error_passes")
    assert trace.lines.count("poll: ConnectionError, once more") == 2
    assert trace.at("main: cancelled: True") == 2.5


@pytest.mark.always("cancelled-error-finally-return")
def test_return_in_finally_swallows_it() -> None:
    code = """
async def quiet():
    try:
        await asyncio.sleep(100)
    finally:
        {last}
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

    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        assert outcome('return "result"') == "result"
    assert bool(complaints) == (sys.version_info >= (3, 14))
    assert outcome("pass") == "cancelled"


@pytest.mark.always("cancelled-error-once")
def test_a_swallowed_request_never_comes_again() -> None:
    async def main() -> None:
        task = asyncio.create_task(_stubborn(1000))
        await asyncio.sleep(1)
        task.cancel()
        assert await task == "result"

    trace = perform(main)
    assert trace.at("swallowed") == 1
    assert trace.at("on to the end") == 1001


@pytest.mark.always("cancelled-error-timeout")
def test_the_time_limit_is_lost() -> None:
    trace = play("cancellation/cancelled_error_retry_broken")
    assert trace.at("attempt 2: CancelledError") == 3
    assert trace.at("gave up") == 5
    assert "out of time" not in trace.lines
    assert play("cancellation/cancelled_error_retry_fixed").at("out of time") == 3

    async def main() -> None:
        async with asyncio.timeout(1):
            await _stubborn()
        print("no error")

    assert perform(main).at("no error") == 6


@pytest.mark.always("cancelled-error-wait-for")
def test_wait_for_returns_the_late_result() -> None:
    async def main() -> None:
        print(await asyncio.wait_for(_stubborn(), timeout=1))
        print(await asyncio.wait_for(asyncio.create_task(_stubborn()), timeout=1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), timeout=1)

    trace = perform(main)
    assert [event.time for event in trace.events if event.text == "result"] == [1 + 5, 2 * (1 + 5)]
    assert trace.elapsed == 2 * (1 + 5) + 1, "the obedient one is gone when the time is up"


@pytest.mark.always("cancelled-error-group")
def test_the_group_waits_for_the_stubborn_task() -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ConnectionError

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_stubborn())
                group.create_task(fail())
        except* ConnectionError:
            print("the group failed")

    trace = perform(main)
    assert trace.at("swallowed") == 1
    assert trace.at("the group failed") == trace.at("on to the end") == 6


@pytest.mark.always("cancelled-error-reraise")
def test_raise_ends_the_task_as_cancelled() -> None:
    trace = play("cancellation/cancelled_error_raise")
    assert trace.ordered("upload: leaves a note to resume", "main: cancelled: True")
    assert trace.elapsed == 1


@pytest.mark.always("cancelled-error-whose")
def test_whose_cancellation_it_is() -> None:
    trace = play("cancellation/cancelled_error_whose")
    assert trace.at("stop: only the task is cancelled") == 2
    assert trace.at("stop: I am cancelled myself") == 2.5
    assert trace.at("main: stop cancelled: True") == 2.5
    stop = load("cancellation/cancelled_error_whose").stop

    async def slow() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(2)

    for cancelled_at in (None, 0.5, 1, 1.5):

        async def main(cancelled_at: float | None = cancelled_at) -> None:
            other = asyncio.create_task(slow())
            await asyncio.sleep(0)
            stopping = asyncio.create_task(stop(other))
            if cancelled_at is not None:
                await asyncio.sleep(cancelled_at)
                stopping.cancel()
            await asyncio.wait([stopping])
            assert stopping.cancelled() == (cancelled_at is not None)

        perform(main)

    async def stopping_in_its_clean_up() -> None:
        other = asyncio.create_task(slow())
        try:
            await asyncio.sleep(100)
        finally:
            await stop(other)
            print("clean-up ends")

    async def main_cancels() -> None:
        task = asyncio.create_task(stopping_in_its_clean_up())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    ended = perform(main_cancels)
    assert ended.ordered("stop: only the task is cancelled", "clean-up ends")
