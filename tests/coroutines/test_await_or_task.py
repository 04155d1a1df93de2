"""Proofs for source/coroutines/await-or-task.md."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop
from proven.stage.explore import interleavings

from tests.ways import (
    AWAITED,
    EXITS,
    FAILED,
    STARTED,
    STARTED_EAGERLY,
    Awaited,
    End,
    Started,
    but,
    ways,
)


class _Counting(VirtualLoop):
    """A loop that counts what is put into its queue."""

    queued = 0

    def call_soon(self, callback: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.queued += 1
        return super().call_soon(callback, *args, **options)


def _queued() -> int:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Counting)
    return loop.queued


@pytest.mark.always("await-or-task-same-task")
@ways(started=STARTED_EAGERLY)
def test_await_stays_in_the_task_and_a_task_does_not(started: Started) -> None:
    async def whoami() -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    async def main() -> None:
        assert await whoami() is asyncio.current_task()
        async with started() as start:
            task = start(whoami())
            assert await task is task is not asyncio.current_task()

    perform(main)
    trace = play("coroutines/await_or_task_order")
    assert trace.find("first: runs in Task-1").actor == trace.find("create_task returned").actor


@pytest.mark.always("await-or-task-no-queue")
# one way: a coroutine is awaited in one way
def test_await_runs_at_once_and_queues_nothing() -> None:
    async def work() -> None:
        ran.append(True)

    async def main() -> None:
        before = _queued()
        for _ in range(5):
            await work()
        assert _queued() == before

    ran: list[bool] = []
    perform(main, _Counting)
    assert len(ran) == 5
    for trace in interleavings(load("coroutines/await_or_task_order").main):
        second = next(line for line in trace.lines if line.startswith("second"))
        first = next(line for line in trace.lines if line.startswith("first"))
        assert trace.ordered("create_task returned", first, "await step() returned", second)
        assert trace.ordered(second, "await task returned")


@pytest.mark.always("await-or-task-context")
@ways(started=STARTED_EAGERLY)
def test_a_task_changes_a_copy_of_the_context(started: Started) -> None:
    trace = play("coroutines/await_or_task_context")
    assert trace.ordered("log_in: Ada", "after a task: nobody")
    assert trace.ordered("log_in: Bob", "after await log_in(): Bob")
    snippet = load("coroutines/await_or_task_context")

    async def main() -> None:
        given = copy_context()
        await asyncio.create_task(snippet.log_in("Ada"), context=given)
        assert given[snippet.user] == "Ada", "no copy of a context that is handed over"
        async with started() as start:
            await start(snippet.log_in("Eve"))
        assert snippet.user.get() == "nobody"
        await snippet.log_in("Bob")
        assert snippet.user.get() == "Bob"

    copy_context().run(asyncio.run, main())


ALONE = but(STARTED_EAGERLY, "TaskGroup")  # which raises the errors of its tasks itself


@pytest.mark.always("await-or-task-error-later")
@ways(started=ALONE, end=FAILED | EXITS)
def test_the_error_of_a_task_waits_for_its_await(started: Started, end: End) -> None:
    lines: list[str] = []
    exits = end in EXITS.values()

    async def fail() -> None:
        end.reach()

    async def main() -> None:
        assert end.error
        async with started() as start:
            try:
                task = start(fail())
                lines.append("after create_task")
                await asyncio.sleep(1)
            except BaseException as error:
                lines.append(type(error).__name__)
                raise
            lines.append("a second later")
            for awaitable in (task, fail()):
                with pytest.raises(end.error):
                    await awaitable

    assert end.error
    if not exits:
        perform(main)
        assert lines == ["after create_task", "a second later"]
        return
    with pytest.raises(end.error):
        perform(main)
    at_once = started is STARTED_EAGERLY.get("eager")
    assert lines == ([end.error.__name__] if at_once else ["after create_task", "CancelledError"])


@pytest.mark.always("await-or-task-cancel-alone")
@ways(started=STARTED_EAGERLY, awaited=AWAITED)
def test_cancelling_the_task_leaves_its_creator_alone(started: Started, awaited: Awaited) -> None:
    async def wait() -> None:
        await awaited(10, End())

    async def main() -> None:
        async with started() as start:
            task = start(wait())
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            creator = asyncio.current_task()
            assert creator
            assert creator.cancelling() == 0
            await asyncio.sleep(1)
            print("still here")

    assert perform(main).at("still here") == 2


@pytest.mark.always("await-or-task-at-once")
@ways(started=STARTED)
def test_await_of_a_fresh_task_does_not_overlap(started: Started) -> None:
    async def main() -> None:
        async with started() as start:
            for seconds in (1, 2, 3):
                await start(End().after(seconds))

    assert perform(main).elapsed == 1 + 2 + 3
    assert play("coroutines/await_or_task_at_once_broken").elapsed == 1 + 2
    assert play("coroutines/await_or_task_at_once_fixed").elapsed == max(1, 2)
