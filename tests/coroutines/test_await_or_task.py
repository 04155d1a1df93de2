"""Proofs for source/coroutines/await-or-task.md."""

import asyncio
import sys
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop
from proven.stage.explore import interleavings


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
def test_await_stays_in_the_task_and_create_task_does_not() -> None:
    async def whoami() -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    async def main() -> None:
        assert await whoami() is asyncio.current_task()
        task = asyncio.create_task(whoami())
        assert await task is task is not asyncio.current_task()

    perform(main)
    trace = play("coroutines/await_or_task_order")
    assert trace.find("first: runs in Task-1").actor == trace.find("create_task returned").actor


@pytest.mark.always("await-or-task-no-queue")
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


@pytest.mark.always("await-or-task-queues-first-step")
def test_create_task_queues_one_step_and_runs_nothing() -> None:
    async def work() -> None:
        ran.append(True)

    async def main() -> None:
        before = _queued()
        task = asyncio.create_task(work())
        assert _queued() == before + 1
        assert not ran
        await task
        assert ran

    ran: list[bool] = []
    perform(main, _Counting)


@pytest.mark.always("await-or-task-eager")
def test_an_eager_task_takes_its_first_step_in_create_task() -> None:
    ran = []

    async def work() -> None:
        ran.append(True)
        await asyncio.sleep(0)

    async def main() -> None:
        task = asyncio.create_task(work())
        assert not ran, "by default it is off"
        await task
        if sys.version_info >= (3, 12):
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            task = asyncio.create_task(work())
            assert len(ran) == 2
            await task
        else:
            assert not hasattr(asyncio, "eager_task_factory")

    asyncio.run(main())


@pytest.mark.always("await-or-task-context")
def test_a_task_changes_a_copy_of_the_context() -> None:
    trace = play("coroutines/await_or_task_context")
    assert trace.ordered("log_in: Ada", "after a task: nobody")
    assert trace.ordered("log_in: Bob", "after await log_in(): Bob")
    snippet = load("coroutines/await_or_task_context")

    async def main() -> None:
        given = copy_context()
        await asyncio.create_task(snippet.log_in("Ada"), context=given)
        assert given[snippet.user] == "Ada", "no copy of a context that is handed over"
        assert snippet.user.get() == "nobody"

    asyncio.run(main())


@pytest.mark.always("await-or-task-error-later")
def test_the_error_of_a_task_waits_for_its_await() -> None:
    async def fail() -> None:
        raise ValueError

    async def main() -> None:
        task = asyncio.create_task(fail())
        print("after create_task")
        await asyncio.sleep(1)
        print("a second later")
        with pytest.raises(ValueError):  # noqa: PT011
            await task
        with pytest.raises(ValueError):  # noqa: PT011
            await fail()

    assert perform(main).lines == ["after create_task", "a second later"]


@pytest.mark.always("await-or-task-cancel-alone")
def test_cancelling_the_task_leaves_its_creator_alone() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        creator = asyncio.current_task()
        assert creator
        assert creator.cancelling() == 0
        await asyncio.sleep(1)
        print("still here")

    trace = perform(main)
    assert trace.at("still here") == 2


@pytest.mark.always("await-or-task-at-once")
def test_await_of_a_fresh_task_does_not_overlap() -> None:
    assert play("coroutines/await_or_task_at_once_broken").elapsed == 1 + 2
    assert play("coroutines/await_or_task_at_once_fixed").elapsed == max(1, 2)
