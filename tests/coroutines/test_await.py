"""Proofs for source/coroutines/await.md."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

from tests.ways import (
    AWAITED,
    ENDED,
    EXITS,
    FAILED,
    FUTURES,
    SOME,
    STARTED_EAGERLY,
    Awaited,
    End,
    Started,
    outcome_of,
    ways,
)


async def _wait_for(awaitable: Awaitable[Any]) -> None:
    await awaitable


def _suspends(awaitable: Awaitable[Any]) -> bool:
    """Tell whether `await awaitable` hands control to whoever drives the coroutine."""
    coroutine = _wait_for(awaitable)
    try:
        coroutine.send(None)
    except StopIteration:
        return False
    coroutine.close()
    return True


def _is_ready_before_main_prints(other: str, trace: Trace) -> bool:
    """Tell whether the task of coroutine function `other` was in the queue all the while."""
    happened = [(trace.actors[moment.actor].code, moment.what) for moment in trace.moments]
    return happened.index((other, "created")) < happened.index(("main", "prints"))


@pytest.mark.always("await-waits-and-returns")
@ways(awaited=AWAITED)
def test_others_work_while_it_waits_and_the_result_is_its_value(awaited: Awaited) -> None:
    trace = play("coroutines/await_waits")
    assert trace.ordered(
        "main: asks for the page", "neighbour: works meanwhile", "main: got the page"
    )

    async def neighbour() -> None:
        await asyncio.sleep(1)
        print("neighbour")

    async def main() -> None:
        task = asyncio.create_task(neighbour())
        result = await awaited(2, End())
        print("main")
        assert result in ("result", ["result"])
        await task

    trace = perform(main)
    assert [(event.text, event.time) for event in trace.events] == [("neighbour", 1), ("main", 2)]


@pytest.mark.always("await-plain-coroutine-runs-through")
# one way: a coroutine is awaited in one way
def test_a_coroutine_that_waits_for_nothing_runs_through() -> None:
    async def nested(depth: int) -> None:
        if depth:
            await nested(depth - 1)

    for depth in (0, 1, 50):
        assert not _suspends(nested(depth))
    trace = play("coroutines/await_no_switch")
    assert _is_ready_before_main_prints("neighbour", trace)
    assert trace.ordered("main: after a coroutine that waits for nothing", "neighbour: my turn")


@pytest.mark.always("await-ready-future-no-switch")
@ways(made=FUTURES, end=ENDED)
def test_a_done_task_or_future_answers_at_once(made: Awaited, end: End) -> None:
    async def main() -> None:
        future = made(1, end)
        assert isinstance(future, asyncio.Future)
        assert _suspends(future)
        await asyncio.wait([future])
        assert not _suspends(outcome_of(future))
        assert await outcome_of(future) == end.outcome

    perform(main)
    assert play("coroutines/await_no_switch").ordered(
        "main: after a ready future", "neighbour: my turn"
    )


@pytest.mark.always("await-free-lock-no-switch")
# one way: a fact about one class
def test_a_free_lock_is_taken_without_a_stop() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        assert not _suspends(lock.acquire())
        assert lock.locked()
        assert _suspends(lock.acquire())
        waiter = asyncio.create_task(lock.acquire())
        await asyncio.sleep(0)
        lock.release()
        assert not lock.locked()
        assert _suspends(lock.acquire()), "the one who waits comes first"
        assert await waiter

    perform(main)
    assert play("coroutines/await_no_switch").ordered(
        "main: after a free lock, locked: True", "neighbour: my turn"
    )


@pytest.mark.never("await-ready-never-switches")
def test_no_neighbour_between_awaits_of_what_is_ready(explored: Callable[..., None]) -> None:
    def interrupted(extra: Callable[[], Awaitable[Any]] | None) -> Iterator[bool]:
        nothing = load("coroutines/await_no_switch").nothing

        async def neighbour() -> None:
            print("neighbour")
            await asyncio.sleep(0)
            print("neighbour")

        async def main() -> None:
            tasks = [asyncio.create_task(neighbour()) for _ in range(2)]
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            await asyncio.sleep(0)
            print("begin")
            for _ in range(5):
                await nothing()
                await future
                async with asyncio.Lock():
                    pass
                if extra:
                    await extra()
            print("end")
            await asyncio.gather(*tasks)

        for trace in interleavings(main):
            lines = trace.lines
            yield "neighbour" in lines[lines.index("begin") : lines.index("end")]

    found = list(interrupted(None))
    assert not any(found)
    # Both have something to wait for: the loop's next pass, a task that is yet to run.
    twins = (lambda: asyncio.sleep(0), lambda: asyncio.create_task(asyncio.sleep(0)))
    explored(len(found), twin_fails=[any(interrupted(twin)) for twin in twins])


@pytest.mark.always("await-wait-always-switches")
@ways(
    made=FUTURES,
    end=ENDED,
    count=SOME,
    until={
        each: each
        for each in (asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION)
    },
)
def test_wait_suspends_even_if_all_is_done(made: Awaited, end: End, count: int, until: str) -> None:
    # no mutant: программа здесь только спрашивает, приостановит ли её asyncio
    async def main() -> None:
        futures = [asyncio.ensure_future(made(0, end)) for _ in range(count)]
        await asyncio.gather(*futures, return_exceptions=True)
        assert all(future.done() for future in futures)
        assert _suspends(asyncio.wait(futures, return_when=until))
        assert not _suspends(outcome_of(futures[0]))

    perform(main)


@pytest.mark.always("await-sleep-always-switches")
# one way: a fact about one function
def test_sleep_suspends_even_with_zero() -> None:
    async def main() -> None:
        for seconds in (-1, 0, 0.001, 1):
            assert _suspends(asyncio.sleep(seconds))

    perform(main)
    trace = play("coroutines/await_no_switch")
    assert trace.ordered("neighbour: my turn", "main: after sleep(0)")
    assert trace.elapsed == 0


@pytest.mark.always("await-raises-the-error")
@ways(awaited=AWAITED, end=FAILED)
def test_the_error_comes_out_of_await(awaited: Awaited, end: End) -> None:
    async def main() -> None:
        assert end.error
        with pytest.raises(end.error):
            await awaited(1, end)
        print("raised")

    assert perform(main).at("raised") == 1
    trace = play("coroutines/await_errors")
    assert trace.at("main: ValueError out of await") == 1
    assert trace.ordered(
        "download: CancelledError out of await", "main: CancelledError out of await"
    )
    assert trace.elapsed == 1 + 2, "the ten seconds were not waited for"

    async def stop() -> None:
        raise StopIteration

    async def stopped() -> None:
        for wrap in (lambda coroutine: coroutine, asyncio.create_task):
            with pytest.raises(RuntimeError):
                await wrap(stop())

    perform(stopped)

    async def exits_in_place(error: type[BaseException]) -> None:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(error())
        for awaitable in (End(error).after(1), future):
            with pytest.raises(error):
                await awaitable

    for exit_ in EXITS.values():
        assert exit_.error
        perform(lambda error=exit_.error: exits_in_place(error))


@pytest.mark.always("await-exits-stop-the-loop")
@ways(end=EXITS | FAILED, started=STARTED_EAGERLY)
def test_an_exit_of_a_task_ends_the_whole_program(end: End, started: Started) -> None:
    # no mutant: в примерах страницы программу не прерывают
    ends: list[str] = []

    async def serve(name: str) -> None:
        try:
            await asyncio.sleep(10)
            ends.append(f"{name}: served")
        finally:
            await asyncio.sleep(1)
            ends.append(f"{name}: closed")

    async def main() -> None:
        neighbour = asyncio.create_task(serve("neighbour"))
        try:
            # Of a group it comes out as well: main is a second task that could raise it.
            with suppress(SystemExit, KeyboardInterrupt, BaseExceptionGroup):
                async with started() as start:
                    task = start(end.after(1))
                    while not task.done():  # noqa: ASYNC110 - that it spins is the point
                        await asyncio.sleep(3)
        finally:
            ends.append("main: closed")
        if end in FAILED.values():
            await asyncio.wait([neighbour])

    assert end.error
    if end in EXITS.values():
        with pytest.raises(end.error):
            perform(main)
        assert ends == ["main: closed", "neighbour: closed"]
    else:
        perform(main)
        assert "neighbour: served" in ends, "of an ordinary error it hears nothing"


async def _in_gather(leave: Coroutine[Any, Any, Any], *, listed: bool = False) -> None:
    # Cancelling it must find something to cancel: else the one who waits hears of that alone.
    await asyncio.gather(leave, asyncio.sleep(20), return_exceptions=listed)


async def _in_group(leave: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(leave)


async def _in_listing_gather(leave: Coroutine[Any, Any, Any]) -> None:
    await _in_gather(leave, listed=True)


@pytest.mark.sometimes("await-exits-cut-the-cleanup")
@ways(
    end=EXITS,
    through={
        "gather": (_in_gather, True),
        "TaskGroup": (_in_group, True),
        "gather that lists errors": (_in_listing_gather, False),
    },
)
def test_an_exit_that_a_second_task_raises_cuts_the_cleanup_of_others(
    end: End, through: tuple[Callable[[Coroutine[Any, Any, Any]], Awaitable[None]], bool]
) -> None:
    # no mutant: в примерах страницы программу не прерывают
    wait, cut = through
    ends: list[str] = []

    async def serve() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            ends.append("closed")
            raise

    async def main() -> None:
        tasks.append(asyncio.create_task(serve()))
        await wait(end.after(1))

    tasks: list[asyncio.Task[None]] = []
    with pytest.raises(end.error or BaseException):
        perform(main)
    assert tasks[0].cancelled() != cut
    assert ends == ([] if cut else ["closed"])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no eager tasks")
@ways(end=EXITS)
def test_an_exit_in_an_eager_task_s_first_step_comes_out_of_its_making(end: End) -> None:
    async def leave() -> None:
        end.reach()

    async def main() -> None:
        async with STARTED_EAGERLY["eager"]() as start:
            coroutine = leave()
            with pytest.raises(end.error or BaseException):
                start(coroutine)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await asyncio.sleep(1)
        print("goes on")

    assert perform(main).at("goes on") == 1


@pytest.mark.always("await-only-in-async-def")
# one way: the grammar has no ways
def test_await_outside_async_def_is_a_syntax_error() -> None:
    compile("async def f():\n await nothing", "place", "exec")
    for place in ("{}", "def f():\n {}", "f = lambda: {}", "class A:\n x = {}"):
        compile(place.format("nothing"), "place", "exec")
        with pytest.raises(SyntaxError):
            compile(place.format("await nothing"), "place", "exec")
        for inner in ("await x for x in nothing", "x for x in nothing if await x"):
            compile(place.format(f"({inner})"), "place", "exec")
        compile(place.format("(x for y in nothing for x in await y)"), "place", "exec")
        with pytest.raises(SyntaxError):
            compile(place.format("(x for x in await nothing)"), "place", "exec")


@pytest.mark.sometimes("await-may-starve-others")
def test_a_loop_full_of_awaits_starves_the_neighbour() -> None:
    broken = play("coroutines/await_starving_broken")
    assert _is_ready_before_main_prints("heartbeat", broken)
    assert "heartbeat" not in broken.lines
    fixed = play("coroutines/await_starving_fixed")
    assert fixed.lines.count("heartbeat") == 3
