"""Proofs for source/tasks/create-task.md."""

import asyncio
import sys
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import AWAITED, COUNTS, STARTED, Awaited, End, Started, but, only, ways

STARTED_AS_TASK = but(STARTED, "ensure_future")
COMPUTED = f"main: computed {sum(range(1000))}"


@pytest.mark.always("create-task-runs-nothing")
@ways(started=STARTED)
def test_the_call_runs_nothing(started: Started) -> None:
    trace = play("tasks/create_task_starts_later")
    for name in ("a", "b"):
        assert trace.ordered("main: tasks created", COMPUTED, f"{name}: first step")
    work = load("tasks/create_task_starts_later").work

    async def main() -> None:
        async with started() as start:
            task = start(work("a"))
            print("created")
            await task

    for trace in interleavings(main):
        assert trace.ordered("created", "a: first step")


@pytest.mark.always("create-task-next-pass")
# A thread may have ended before it is waited for: then there is no suspension.
@ways(started=STARTED, count=COUNTS, awaited=but(AWAITED, "to_thread"))
def test_one_suspension_lets_all_first_steps_run(
    started: Started, count: int, awaited: Awaited
) -> None:
    trace = play("tasks/create_task_starts_later")
    for name in ("a", "b"):
        assert trace.ordered(f"{name}: first step", "main: let the loop pass once", f"{name}: done")
        assert trace.at(f"{name}: first step") == 0
    work = load("tasks/create_task_starts_later").work

    async def main() -> None:
        async with started() as start:
            for number in range(count):
                start(work(str(number)))
                start(work("cancelled")).cancel()
            await awaited(0, End())
            print("resumed")

    lines = perform(main).lines
    before = lines[: lines.index("resumed")]
    assert sorted(before) == sorted(f"{number}: first step" for number in range(count))


@pytest.mark.always("create-task-first-steps-fifo")
@ways(started=STARTED, count=but(COUNTS, "0", "1"))
def test_first_steps_come_in_order_of_creation(started: Started, count: int) -> None:
    # no mutant: порядок первых шагов решает цикл событий, а задачи примера создаёт одна строка
    assert play("tasks/create_task_starts_later").ordered("a: first step", "b: first step")
    work = load("tasks/create_task_starts_later").work

    async def main() -> None:
        async with started() as start:
            for number in range(count):
                start(work(str(number)))
            await asyncio.sleep(1)

    steps = [line for line in perform(main).lines if line.endswith("first step")]
    assert steps == [f"{number}: first step" for number in range(count)]

    async def one_eagerly() -> None:
        options: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 14) else {}
        async with started() as start:
            start(work("queued"))
            await asyncio.create_task(work("eager"), **options)

    queued, eager = "queued: first step", "eager: first step"
    assert perform(one_eagerly).ordered(
        *((eager, queued) if sys.version_info >= (3, 14) else (queued, eager))
    )


@pytest.mark.always("create-task-runs-unawaited")
@ways(started=STARTED, awaited=AWAITED)
def test_a_task_runs_without_being_awaited(started: Started, awaited: Awaited) -> None:
    trace = play("tasks/create_task_not_awaited")
    assert trace.at("page 1: asked") == 0
    assert trace.at("page 1: here") == 2
    assert trace.at("main: needs the page, done: True") == 3
    assert trace.at("main: text 1") == 3
    fetch = load("tasks/create_task_not_awaited").fetch

    async def main() -> None:
        async with started() as start:
            page = start(fetch(1))
            await awaited(3, End())
            assert page.done()

    assert perform(main).at("page 1: here") == 2


class _Own:
    def __await__(self) -> Generator[None, None, None]:
        yield


WRONG: dict[str, Callable[[], Any]] = {
    "function": lambda: _two_steps,
    "future": lambda: asyncio.get_running_loop().create_future(),
    "task": lambda: asyncio.create_task(_two_steps()),
    "gather": lambda: asyncio.gather(_two_steps()),
    "own": _Own,
    "list": lambda: [],
}


@pytest.mark.always("create-task-only-coroutines")
@ways(started=STARTED_AS_TASK, wrong=WRONG)
def test_only_coroutines_are_accepted(started: Started, wrong: Callable[[], Any]) -> None:
    async def main() -> None:
        async with started() as start:
            awaitable = wrong()
            with pytest.raises(TypeError):
                start(awaitable)
            if isinstance(awaitable, asyncio.Future):
                assert asyncio.ensure_future(awaitable) is awaitable
                awaitable.cancel()
            task = asyncio.ensure_future(_two_steps())
            assert isinstance(task, asyncio.Task)
            await task

    perform(main)

    async def by_generator() -> None:
        generator: Any = (None for _ in "a")
        try:
            await asyncio.create_task(generator)
            print("accepted")
        except TypeError:
            print("refused")

    accepted = sys.version_info < (3, 12)
    assert perform(by_generator).lines == ["accepted" if accepted else "refused"]


async def _two_steps() -> None:
    print("task: first step")
    await asyncio.sleep(0)
    print("task: second step")


@pytest.mark.always("create-task-eager")
# one way: a fact about one factory
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
# one way: a fact about one factory
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
@ways(started=only(STARTED, "create_task", "TaskGroup"))
def test_eager_start_of_one_task(started: Started) -> None:
    async def main() -> None:
        options: dict[str, Any] = {"eager_start": True}
        async with started() as start:
            coroutine = _two_steps()
            if sys.version_info < (3, 14):
                with pytest.raises(TypeError):
                    await start(coroutine, **options)
                coroutine.close()
                print("refused")
                return
            task = start(coroutine, **options)
            print("created")
            await task

    trace = perform(main)
    if sys.version_info < (3, 14):
        assert trace.lines == ["refused"]
    else:
        assert trace.ordered("task: first step", "created", "task: second step")


async def _stop_poller(poll: Callable[[], Any], body: Callable[[], Any]) -> None:
    class Polling(load("tasks/create_task_no_loop_fixed").Poller):
        async def poll(self) -> None:
            await poll()

    poller = Polling()
    try:
        async with poller:
            await body()
    finally:
        assert poller.task.done()


@pytest.mark.always("create-task-needs-loop")
@ways(thread={"the main thread": False, "another thread": True})
def test_no_task_without_a_running_loop(thread: bool) -> None:
    broken = play("tasks/create_task_no_loop_broken")
    assert broken.find("RuntimeError: no loop is running yet")
    assert broken.stderr == "", "no warning of a coroutine that was never awaited"
    fixed = play("tasks/create_task_no_loop_fixed")
    assert fixed.lines.count("poller: polls") == 2
    assert fixed.at("main: the poller is stopped") == 1.5

    def create() -> None:
        coroutine, start = _two_steps(), asyncio.create_task
        with pytest.raises(RuntimeError):
            start(coroutine)
        coroutine.close()

    async def beside_a_loop() -> None:
        await asyncio.to_thread(create)

    if thread:
        asyncio.run(beside_a_loop())
    else:
        create()

    wait, work, fail = partial(asyncio.sleep, 100), partial(asyncio.sleep, 1), End(OSError).after
    for poll, body in ((wait, partial(fail, 1)), (partial(fail, 0.5), work)):
        with pytest.raises(OSError, match=r"^$"):
            perform(partial(_stop_poller, poll, body))
    assert perform(partial(_stop_poller, wait, work)).elapsed == 1

    async def body_fails_later() -> None:
        await work()
        print("the body works on")
        raise LookupError

    async def both_fail() -> None:
        with pytest.raises(OSError, match=r"^$") as caught:
            await _stop_poller(partial(fail, 0.5), body_fails_later)
        assert isinstance(caught.value.__context__, LookupError)

    assert perform(both_fail).at("the body works on") == 1
