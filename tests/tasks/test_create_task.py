"""Proofs for source/tasks/create-task.md."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

COMPUTED = f"main: computed {sum(range(1000))}"


@pytest.mark.always("create-task-runs-nothing")
def test_the_call_runs_nothing() -> None:
    trace = play("tasks/create_task_starts_later")
    for name in ("a", "b"):
        assert trace.ordered("main: tasks created", COMPUTED, f"{name}: first step")
    work = load("tasks/create_task_starts_later").work

    async def main() -> None:
        task = asyncio.create_task(work("a"))
        print("created")
        await task

    for trace in interleavings(main):
        assert trace.ordered("created", "a: first step")


@pytest.mark.always("create-task-next-pass")
def test_one_suspension_lets_all_first_steps_run() -> None:
    trace = play("tasks/create_task_starts_later")
    for name in ("a", "b"):
        assert trace.ordered(f"{name}: first step", "main: let the loop pass once", f"{name}: done")
        assert trace.at(f"{name}: first step") == 0
    work = load("tasks/create_task_starts_later").work

    async def later() -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, None)
        await future

    suspensions: list[Callable[[], Coroutine[Any, Any, None]]] = [
        lambda: asyncio.sleep(0),
        lambda: asyncio.sleep(0.5),
        later,
    ]
    for suspend in suspensions:
        for count in (1, 2, 20):

            async def main(suspend: Callable[..., Any] = suspend, count: int = count) -> None:
                tasks = [asyncio.create_task(work(str(n))) for n in range(count)]
                await suspend()
                print("resumed")
                await asyncio.wait(tasks)

            trace = perform(main)
            before = trace.lines[: trace.lines.index("resumed")]
            assert sorted(before) == sorted(f"{n}: first step" for n in range(count))


@pytest.mark.always("create-task-runs-unawaited")
def test_a_task_runs_without_being_awaited() -> None:
    trace = play("tasks/create_task_not_awaited")
    assert trace.at("page 1: asked") == 0
    assert trace.at("page 1: here") == 2
    assert trace.at("main: needs the page, done: True") == 3


@pytest.mark.always("create-task-await-done")
def test_awaiting_a_done_task_takes_no_time() -> None:
    trace = play("tasks/create_task_not_awaited")
    assert trace.at("main: text 1") == trace.at("main: needs the page, done: True")
    fetch = load("tasks/create_task_not_awaited").fetch

    async def main() -> None:
        page = asyncio.create_task(fetch(1))
        await page
        loop = asyncio.get_running_loop()
        loop.call_soon(print, "the loop passed")
        assert [await page, await page] == ["text 1", "text 1"]
        print("awaited twice")
        await asyncio.sleep(0)

    assert perform(main).ordered("awaited twice", "the loop passed")


@pytest.mark.always("create-task-only-coroutines")
def test_only_coroutines_are_accepted() -> None:
    fetch = load("tasks/create_task_not_awaited").fetch

    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        for wrong in (fetch, future):
            with pytest.raises(TypeError):
                await asyncio.create_task(wrong)
        assert asyncio.ensure_future(future) is future
        task = asyncio.ensure_future(fetch(1))
        assert isinstance(task, asyncio.Task)
        await task

    perform(main)


async def _two_steps() -> None:
    print("task: first step")
    await asyncio.sleep(0)
    print("task: second step")


@pytest.mark.always("create-task-eager")
def test_an_eager_task_runs_to_its_first_suspension_at_once() -> None:
    async def create() -> None:
        task = asyncio.create_task(_two_steps())
        print("created")
        await task

    async def eagerly() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await create()

    for trace in interleavings(create):
        assert trace.ordered("created", "task: first step", "task: second step")
    if sys.version_info < (3, 12):
        assert not hasattr(asyncio, "eager_task_factory")
        return
    for trace in interleavings(eagerly):
        assert trace.ordered("task: first step", "created", "task: second step")


@pytest.mark.always("create-task-eager-done")
def test_an_eager_task_without_a_suspension_is_done_at_once() -> None:
    async def cached() -> str:
        return "from the cache"

    async def main() -> None:
        if sys.version_info < (3, 12):
            assert not hasattr(asyncio, "eager_task_factory")
        else:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        task = asyncio.create_task(cached())
        assert task.done() == (sys.version_info >= (3, 12))
        assert await task == "from the cache"

    perform(main)


@pytest.mark.always("create-task-eager-start")
def test_eager_start_of_one_task() -> None:
    async def main() -> None:
        options: dict[str, Any] = {"eager_start": True}
        coroutine = _two_steps()
        if sys.version_info < (3, 14):
            with pytest.raises(TypeError):
                await asyncio.create_task(coroutine, **options)
            coroutine.close()
            print("refused")
            return
        task = asyncio.create_task(coroutine, **options)
        print("created")
        await task

    trace = perform(main)
    if sys.version_info < (3, 14):
        assert trace.lines == ["refused"]
    else:
        assert trace.ordered("task: first step", "created", "task: second step")


@pytest.mark.always("create-task-needs-loop")
def test_no_task_without_a_running_loop() -> None:
    broken = play("tasks/create_task_no_loop_broken")
    assert broken.find("RuntimeError: no loop is running yet")
    assert broken.stderr == "", "no warning of a coroutine that was never awaited"
    assert "poller: polls" in play("tasks/create_task_no_loop_fixed").lines
    poller = load("tasks/create_task_no_loop_fixed").Poller()

    async def main() -> None:
        async with poller:
            assert not poller.task.done()
        assert poller.task.done()

    perform(main)
    coroutine, create = _two_steps(), asyncio.create_task
    with pytest.raises(RuntimeError):
        create(coroutine)
    coroutine.close()
