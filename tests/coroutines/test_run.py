"""Proofs for source/coroutines/run.md."""

import asyncio
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from proven.stage import load, perform, perform_script, play

from tests.ways import ENDED, RUNS, End, ways
from tests.ways_processes import filled


@pytest.mark.always("run-new-loop-closed")
@ways(end=ENDED)
def test_each_run_has_a_loop_of_its_own_and_closes_it(end: End) -> None:
    used: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        used.append(asyncio.get_running_loop())
        assert not used[-1].is_closed()
        end.reach()

    for _ in range(3):
        with suppress(BaseException):
            asyncio.run(main())
    assert len(set(map(id, used))) == 3
    assert all(loop.is_closed() for loop in used)
    current_loop = load("coroutines/run_new_loop").current_loop
    loops = [asyncio.run(current_loop()) for _ in range(3)]
    assert len(set(map(id, loops))) == 3
    assert all(loop.is_closed() for loop in loops)
    # A runner's loop is the contrast: it is the same one.
    assert play("coroutines/run_new_loop").ordered(
        "run, run again: same loop: False", "first loop is closed: True", "Runner: same loop: True"
    )


@pytest.mark.always("run-runner-one-loop")
# one way: a fact about one class
def test_a_runner_keeps_its_loop_to_the_end_of_with() -> None:
    current_loop = load("coroutines/run_new_loop").current_loop
    runner = asyncio.Runner()
    with runner:
        loops = {runner.run(current_loop()) for _ in range(3)}
        assert len(loops) == 1
        assert not next(iter(loops)).is_closed()
    assert next(iter(loops)).is_closed()


@pytest.mark.always("run-runner-keeps-tasks")
@ways(count={"1": 1, "3": 3}, end=ENDED)
def test_a_runner_leaves_tasks_to_its_next_run(count: int, end: End) -> None:
    # no mutant: в примере с Runner задач нет
    steps: list[str] = []

    async def background() -> None:
        try:
            for _ in range(100):
                steps.append("step")
                await asyncio.sleep(0)
        finally:
            steps.append("end")

    async def start() -> None:
        tasks.extend(asyncio.create_task(background()) for _ in range(count))
        await asyncio.sleep(0)
        end.reach()

    tasks: list[asyncio.Task[None]] = []
    with asyncio.Runner() as runner:
        with suppress(BaseException):
            runner.run(start())
        begun = len(steps)
        assert begun >= count
        runner.run(asyncio.sleep(0))
        assert len(steps) > begun
        assert not any(task.done() for task in tasks)
        assert "end" not in steps
    assert all(task.cancelled() for task in tasks)
    assert steps.count("end") == count


@pytest.mark.always("run-wants-coroutine")
# one way: a fact about one function
def test_run_of_a_function_is_an_error() -> None:
    current_loop = load("coroutines/run_new_loop").current_loop
    expected = TypeError if sys.version_info >= (3, 14) else ValueError
    with pytest.raises(expected):
        asyncio.run(current_loop)
    assert asyncio.run(current_loop()).is_closed()


@pytest.mark.always("run-awaitable-since-314")
# one way: a fact about one function
def test_run_of_another_awaitable() -> None:
    class Answer:
        def __await__(self) -> Generator[Any, None, str]:
            yield from asyncio.sleep(0).__await__()
            return "answer"

    if sys.version_info >= (3, 14):
        assert asyncio.run(Answer()) == "answer"
        other = asyncio.new_event_loop()
        with pytest.raises(RuntimeError, match="different loop"):
            asyncio.run(other.create_future())
        other.close()
    else:
        with pytest.raises(ValueError, match="coroutine"):
            asyncio.run(Answer())


OWN = "asyncio.set_event_loop(asyncio.new_event_loop())"


@pytest.mark.always("run-of-gather")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@ways(before={"at first": "pass", "after a run": "asyncio.run(main())", "own loop": OWN})
def test_a_gather_is_no_main(before: str) -> None:
    # no mutant: программы страницы gather не зовут
    trace = perform_script(
        filled(
            """
            import asyncio, warnings

            async def work():
                print("worked")

            async def main():
                await asyncio.gather(work(), work())

            warnings.simplefilter("ignore")
            BEFORE
            print("now")
            try:
                asyncio.run(asyncio.gather(work(), work()))
            except (RuntimeError, ValueError):
                print("refused")
            asyncio.run(main())
            """,
            BEFORE=before,
        )
    )
    worked = ["worked"] * 2
    assert trace.lines == [*worked * before.startswith("asyncio.run"), "now", "refused", *worked]


@pytest.mark.always("run-by-hand-leaves-tasks")
# one way: the contrast is asyncio.run
def test_a_loop_by_hand_leaves_its_tasks() -> None:
    trace = play("coroutines/run_leftovers")
    assert trace.ordered("main: returns, task done: False", "background: cleans up", "run returned")
    assert trace.elapsed == 1, "the ten seconds were not waited for"
    cleaned = []

    async def background() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            cleaned.append(True)

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(main())
    loop.close()
    assert not task.done()
    assert task.cancelling() == 0
    assert not cleaned
    task._log_destroy_pending = False

    assert asyncio.run(main()).cancelled()
    assert cleaned


@pytest.mark.always("run-by-hand-closed-current")
# one way: a fact about one function
def test_a_loop_by_hand_stays_current_when_closed() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(asyncio.sleep(0))
        assert asyncio.get_event_loop() is loop
        loop.close()
        assert asyncio.get_event_loop() is loop
        assert asyncio.get_event_loop().is_closed()
    finally:
        asyncio.set_event_loop(None)


@pytest.mark.always("run-get-event-loop-fresh")
# one way: each place where it is called has a claim
def test_get_event_loop_in_a_fresh_process() -> None:
    def program(*, assigns: bool) -> tuple[int, str, str]:
        lines = (
            "import asyncio",
            "mine = asyncio.new_event_loop()",
            *["asyncio.set_event_loop(mine)"] * assigns,
            "a, b = asyncio.get_event_loop(), asyncio.get_event_loop()",
            "print(a is b, a is mine)",
        )
        command = [sys.executable, "-W", "always::DeprecationWarning", "-c", "\n".join(lines)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, err = program(assigns=False)
    warned = "DeprecationWarning" in err
    if sys.version_info >= (3, 14):
        assert (code, out, warned) == (1, "", False)
        assert "RuntimeError" in err
    else:
        assert (code, out) == (0, "True False\n")
        assert warned == (sys.version_info >= (3, 12))
    # Where a loop was assigned nothing of that happens.
    assert program(assigns=True) == (0, "True True\n", "")


@pytest.mark.always("run-get-event-loop-no-loop")
# one way: each place where it is called has a claim
def test_get_event_loop_after_run_and_in_a_thread() -> None:
    asyncio.run(asyncio.sleep(0))
    with pytest.raises(RuntimeError):
        asyncio.get_event_loop()
    errors = []

    def work() -> None:
        with pytest.raises(RuntimeError) as caught:
            asyncio.get_event_loop()
        errors.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(errors) == 1


@pytest.mark.always("run-get-event-loop-inside")
# one way: each place where it is called has a claim
def test_get_event_loop_in_a_coroutine_is_the_running_loop() -> None:
    async def main() -> None:
        assert asyncio.get_event_loop() is asyncio.get_running_loop()

    asyncio.run(main())
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def _in_to_thread(work: Callable[[], Any]) -> Any:
    return asyncio.to_thread(work)


async def _in_a_pool(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor() as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


async def _in_a_thread(work: Callable[[], Any]) -> Any:
    answer = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def call() -> None:
        loop.call_soon_threadsafe(answer.set_result, work())

    thread = threading.Thread(target=call)
    thread.start()
    try:
        return await answer
    finally:
        thread.join()


THREADS = {"to_thread": _in_to_thread, "pool": _in_a_pool, "Thread": _in_a_thread}


@pytest.mark.always("run-in-another-thread")
@ways(thread=THREADS)
def test_a_thread_runs_its_own_loop_or_sends_to_the_main_one(
    thread: Callable[[Callable[[], Any]], Any],
) -> None:
    assert play("coroutines/run_in_thread").lines == [
        "get_event_loop: no loop in this thread",
        "asyncio.run: main loop: False, closed: True",
        "run_coroutine_threadsafe: main loop: True",
    ]
    snippet = load("coroutines/run_in_thread")

    def ask() -> None:
        with pytest.raises(RuntimeError, match="There is no current event loop in thread '"):
            asyncio.get_event_loop()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await thread(ask)
        own = [await thread(snippet.run_here) for _ in range(2)]
        assert len({loop, *own}) == 3
        assert all(each.is_closed() for each in own)
        assert await thread(lambda: snippet.send_to(loop)) is loop
        await thread(ask)

    asyncio.run(main())


@pytest.mark.always("run-policy-deprecated")
# one way: a fact about two functions
def test_policies_are_deprecated_since_314() -> None:
    # no mutant: будет ли предупреждение, зависит только от версии Python
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.get_event_loop_policy()
        asyncio.set_event_loop_policy(None)
    expected = [DeprecationWarning] * 2 if sys.version_info >= (3, 14) else []
    assert [warning.category for warning in caught] == expected


@pytest.mark.always("run-not-inside-loop")
@ways(run=RUNS, called={"in a coroutine": False, "in a callback": True})
def test_run_inside_a_running_loop_is_a_runtime_error(
    run: Callable[[Any], object], called: bool
) -> None:
    broken = play("coroutines/run_nested_broken")
    assert broken.lines[0].startswith("RuntimeError")
    assert "coroutine 'fetch' was never awaited" in broken.stderr
    fixed = play("coroutines/run_nested_fixed")
    assert (fixed.lines, fixed.elapsed) == (["page"], 1)
    refused: list[bool] = []

    async def inner() -> None:
        print("inner ran")

    def call() -> None:
        coroutine = inner()
        with pytest.raises(RuntimeError):
            run(coroutine)
        coroutine.close()
        refused.append(True)

    async def main() -> None:
        if called:
            asyncio.get_running_loop().call_soon(call)
            await asyncio.sleep(1)
        else:
            call()

    assert perform(main).lines == []
    assert refused


STARTS: dict[str, Callable[[asyncio.AbstractEventLoop, Any], object]] = {
    "run_until_complete": lambda loop, coroutine: loop.run_until_complete(coroutine),
    "run_forever": lambda loop, _: loop.run_forever(),
}


@pytest.mark.always("run-already-running")
@ways(start=STARTS, called={"in a coroutine": False, "in a callback": True})
def test_a_running_loop_cannot_be_started_again(
    start: Callable[[asyncio.AbstractEventLoop, Any], object], called: bool
) -> None:
    # no mutant: страница показывает asyncio.run, а run_until_complete только называет
    refused: list[bool] = []

    async def inner() -> str:
        return "inner"

    def call() -> None:
        coroutine = inner()
        with pytest.raises(RuntimeError, match="This event loop is already running"):
            start(asyncio.get_running_loop(), coroutine)
        coroutine.close()
        refused.append(True)

    async def main() -> None:
        if called:
            asyncio.get_running_loop().call_soon(call)
            await asyncio.sleep(0)
        else:
            call()

    asyncio.run(main())
    assert refused
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(inner()) == "inner"
    loop.close()


async def _tick(seconds: list[float]) -> None:
    for _ in range(4):
        await asyncio.sleep(0.4)
        seconds.append(round(asyncio.get_running_loop().time(), 1))


@pytest.mark.always("run-nested-in-thread")
@ways(run=RUNS, call=THREADS)
def test_a_hidden_run_works_in_another_thread(
    run: Callable[[Any], object], call: Callable[[Callable[[], Any]], Any]
) -> None:
    trace = play("coroutines/run_nested_thread")
    assert trace.lines == ["neighbour: works meanwhile", "page"]
    assert (trace.at("neighbour: works meanwhile"), trace.at("page")) == (0.5, 1)
    ran: list[str] = []

    async def fetch() -> None:
        await asyncio.sleep(2)
        ran.append(threading.current_thread().name)

    async def main() -> None:
        seconds: list[float] = []
        begun = asyncio.get_running_loop().time()
        ticking = asyncio.create_task(_tick(seconds))
        await call(lambda: run(fetch()))
        assert ticking.done()
        assert seconds == [round(begun + each, 1) for each in (0.4, 0.8, 1.2, 1.6)]

    perform(main)
    assert len(ran) == 1


@pytest.mark.always("run-nested-result")
@ways(run=RUNS)
def test_the_loop_stands_while_a_function_waits_for_the_thread(
    run: Callable[[Any], object],
) -> None:
    # no mutant: программу, которая останавливает цикл, страница не показывает
    async def fetch() -> None:
        await asyncio.sleep(2)

    def load() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: run(fetch())).result()

    async def main() -> None:
        seconds: list[float] = []
        begun = asyncio.get_running_loop().time()
        ticking = asyncio.create_task(_tick(seconds))
        await asyncio.sleep(0)
        load()
        assert seconds == []
        await ticking
        assert seconds[0] - begun == 2

    perform(main)
