"""Proofs for source/cancellation/timeout.md."""

import asyncio
import sys
import time

import pytest
from proven.stage import load, perform, play


@pytest.mark.always("timeout-covers-block")
def test_one_time_limit_for_all_waits_of_the_block() -> None:
    trace = play("cancellation/timeout_block")
    assert trace.at("page 1") == 1
    assert trace.at("main: out of time") == 2
    for steps in (1, 3, 10):

        async def main(steps: int = steps) -> None:
            await asyncio.sleep(7)
            try:
                async with asyncio.timeout(steps + 0.5):
                    for _ in range(100):
                        await asyncio.sleep(1)
                        print("step")
            except TimeoutError:
                print("out of time")

        trace = perform(main)
        assert trace.lines.count("step") == steps
        assert trace.at("out of time") == 7 + steps + 0.5


@pytest.mark.always("timeout-inside-outside")
def test_a_cancellation_inside_becomes_a_timeout_outside() -> None:
    trace = play("cancellation/timeout_block")
    assert trace.at("connection 2 closed") == trace.at("main: out of time") == 2
    assert trace.ordered("connection 2 closed", "main: out of time")

    seen: list[type[BaseException]] = []

    async def main() -> None:
        try:
            async with asyncio.timeout(1):
                try:
                    await asyncio.sleep(5)
                except BaseException as error:
                    seen.append(type(error))
                    raise
        except BaseException as error:
            seen.append(type(error))

    perform(main)
    assert seen == [asyncio.CancelledError, TimeoutError]


@pytest.mark.always("timeout-nested")
def test_the_block_whose_time_is_up_raises() -> None:
    for outer, inner in ((1, 5), (5, 1)):

        async def main(outer: float = outer, inner: float = inner) -> None:
            try:
                async with asyncio.timeout(outer):
                    try:
                        async with asyncio.timeout(inner):
                            await asyncio.sleep(100)
                    except TimeoutError:
                        print("inner")
            except TimeoutError:
                print("outer")

        trace = perform(main)
        assert trace.lines == ["inner" if inner < outer else "outer"]
        assert trace.elapsed == min(outer, inner)


@pytest.mark.always("timeout-wait-for-cleanup")
def test_wait_for_waits_for_the_clean_up() -> None:
    trace = play("cancellation/timeout_wait_for")
    assert trace.at("fetch: closing") == 2
    assert trace.at("main: out of time, cancelled: True") == 3
    assert trace.ordered("fetch: closed", "main: out of time, cancelled: True")


@pytest.mark.always("timeout-same-task")
def test_which_task_does_the_work() -> None:
    async def whose() -> asyncio.Task[None] | None:
        return asyncio.current_task()

    async def main() -> None:
        me = asyncio.current_task()
        async with asyncio.timeout(1):
            in_block = await whose()
        in_wait_for = await asyncio.wait_for(whose(), 1)
        in_a_task = await asyncio.wait_for(asyncio.create_task(whose()), 1)
        assert in_block is me
        assert (in_wait_for is me) == (sys.version_info >= (3, 12))
        assert in_a_task not in (me, None)

    perform(main)


@pytest.mark.always("timeout-shield-keeps")
def test_the_shielded_task_goes_on() -> None:
    trace = play("cancellation/timeout_shield")
    assert trace.at("main: takes long, cancelled: False") == 1
    assert trace.at("pay: done") == trace.at("main: receipt") == 3


@pytest.mark.always("timeout-shield-caller")
def test_whoever_waits_behind_a_shield_is_cancelled() -> None:
    async def main() -> None:
        work = asyncio.create_task(asyncio.sleep(3, "result"))

        async def wait() -> None:
            await asyncio.shield(work)

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert asyncio.get_running_loop().time() == 1
        assert waiting.cancelled()
        assert await work == "result"

    perform(main)


@pytest.mark.always("timeout-shield-limits")
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


@pytest.mark.always("timeout-not-blocking")
def test_code_without_await_is_not_interrupted() -> None:
    def block(seconds: float) -> None:
        time.sleep(seconds)
        print("to the end")

    async def nothing() -> None:
        pass

    for seconds in (2, 1000):

        async def main(seconds: float = seconds) -> None:
            async with asyncio.timeout(1):
                await nothing()
                block(seconds)
                await nothing()
            print("no error")

        trace = perform(main)
        assert trace.at("to the end") == trace.at("no error") == seconds


@pytest.mark.always("timeout-caught-outside")
def test_the_timeout_error_is_not_seen_inside() -> None:
    trace = play("cancellation/timeout_inside_broken")
    assert trace.at("main: nobody caught the TimeoutError") == 1
    assert play("cancellation/timeout_inside_fixed").at("cached") == 1
    load_broken = load("cancellation/timeout_inside_broken").load

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await load_broken()

    perform(main)
