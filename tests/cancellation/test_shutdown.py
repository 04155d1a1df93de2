"""Proofs for source/cancellation/shutdown.md."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings


async def _serve(closing: float = 0) -> None:
    try:
        await asyncio.sleep(100)
        print("served")
    finally:
        print("closing")
        await asyncio.sleep(closing)
        print("closed")


@pytest.mark.always("shutdown-cancels-all")
def test_all_tasks_are_cancelled_in_the_second_in_which_main_ends() -> None:
    trace = play("cancellation/shutdown_order")
    assert trace.at("main: returns, unfinished: 2") == 1
    assert not any(line.endswith("served") for line in trace.lines)
    for count in (1, 2, 20):

        async def main(count: int = count) -> None:
            tasks = [asyncio.create_task(_serve()) for _ in range(count)]
            await asyncio.sleep(count)
            assert not any(task.done() for task in tasks)

        trace = perform(main)
        assert trace.lines.count("closing") == count
        assert {event.time for event in trace.events} == {count}
        assert "served" not in trace.lines


@pytest.mark.always("shutdown-waits-cleanup")
def test_the_longest_clean_up_decides() -> None:
    trace = play("cancellation/shutdown_order")
    assert trace.at("mail: closed") == 1 + 1
    assert trace.at("web: closed") == trace.at("run: result") == 1 + 2
    assert trace.ordered("web: closed", "run: result")


@pytest.mark.always("shutdown-main-fails")
def test_an_error_of_main_comes_out_after_the_clean_up() -> None:
    ends: list[str] = []

    async def serve() -> None:
        try:
            await asyncio.sleep(100)
            ends.append("served")
        finally:
            await asyncio.sleep(2)
            ends.append("closed")

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        assert not task.done()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        perform(main)
    assert ends == ["closed"]


@pytest.mark.always("shutdown-stubborn")
def test_a_stubborn_task_holds_up_the_end() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            await asyncio.sleep(1000)
            print("at last")

    async def main() -> None:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(1)
        assert not task.done()

    trace = perform(main)
    assert trace.at("at last") == trace.elapsed == 1001


@pytest.mark.always("shutdown-generators")
def test_generators_are_closed() -> None:
    async def pages() -> AsyncIterator[int]:
        try:
            for page in range(3):
                yield page
        finally:
            await asyncio.sleep(1)
            print("generator closed")

    kept = []

    async def main() -> None:
        kept.append(pages())
        assert await anext(kept[0]) == 0
        await asyncio.sleep(1)
        print("main returns")

    trace = perform(main)
    assert trace.at("main returns") == 1
    assert trace.at("generator closed") == 2


@pytest.mark.always("shutdown-threads")
def test_threads_finish_their_work() -> None:
    def copy() -> None:
        time.sleep(5)
        print("copied")

    async def main() -> None:
        task = asyncio.create_task(asyncio.to_thread(copy))
        await asyncio.sleep(1)
        assert not task.done()
        print("main returns")

    trace = perform(main)
    assert trace.at("main returns") == 1
    assert trace.at("copied") == trace.elapsed == 5


@pytest.mark.always("shutdown-cleanup-error")
def test_an_error_of_the_clean_up_goes_to_the_handler() -> None:
    lines = play("cancellation/shutdown_cleanup_fails").lines
    assert lines[0] == "main: returns, serving: True"
    assert lines[-2:] == ["loop: ConnectionError", "run: result"]
    serve = load("cancellation/shutdown_cleanup_fails").serve

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        assert not task.done()

    assert "ConnectionError" in perform(main).stderr


@pytest.mark.always("shutdown-late-task")
def test_a_task_born_in_the_clean_up_is_left_alone() -> None:
    born: list[asyncio.Task[None]] = []
    ends: list[str] = []

    async def late() -> None:
        print("late: first step")
        try:
            await asyncio.sleep(100)
            ends.append("finished")
        except asyncio.CancelledError:
            ends.append("cancelled")

    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            born.append(asyncio.create_task(late()))

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        assert not task.done()

    trace = perform(main)
    assert trace.elapsed == 1
    assert trace.lines == ["late: first step"]
    assert not born[0].done()
    assert born[0].cancelling() == 0
    assert ends == []


@pytest.mark.always("shutdown-ctrl-c")
def test_ctrl_c_cancels_main_and_comes_out_of_run() -> None:
    trace = play("cancellation/shutdown_ctrl_c")
    assert trace.ordered("main: cleans up", "interrupted")
    assert "main: done" not in trace.lines


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.always("shutdown-second-ctrl-c")
def test_a_second_ctrl_c_waits_for_nothing() -> None:
    code = """
import asyncio, signal

async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(signal.raise_signal, signal.SIGINT)
    try:
        await asyncio.sleep(60)
    finally:
        print("clean-up begins")
        {press}
        print("clean-up ends")

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
    twice = _run(code.format(press="signal.raise_signal(signal.SIGINT)"))
    assert twice.stdout.split("\n")[:2] == ["clean-up begins", "interrupted"]
    once = _run(code.format(press="pass"))
    assert once.stdout.split("\n")[:3] == ["clean-up begins", "clean-up ends", "interrupted"]


@pytest.mark.always("shutdown-second-ctrl-c-waits")
def test_after_a_second_ctrl_c_the_others_still_clean_up() -> None:
    code = """
import asyncio, signal

async def serve():
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.1)
        print("serve: clean-up ends")

async def main():
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(serve())
    await asyncio.sleep(0)
    loop.call_soon(signal.raise_signal, signal.SIGINT)
    try:
        await asyncio.sleep(60)
    finally:
        print("main: clean-up begins")
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
    assert _run(code).stdout.split("\n")[:3] == [
        *("main: clean-up begins", "serve: clean-up ends", "interrupted")
    ]


@pytest.mark.always("shutdown-sigterm-default")
def test_sigterm_kills_without_a_clean_up() -> None:
    code = """
import asyncio, signal

async def main():
    print("main", flush=True)
    try:
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        await asyncio.sleep(60)
    finally:
        print("clean-up", flush=True)

asyncio.run(main())
"""
    killed = _run(code)
    assert killed.returncode == -signal.SIGTERM
    assert killed.stdout == "main\n"


@pytest.mark.always("shutdown-sigterm")
def test_the_loop_itself_calls_the_handler() -> None:
    trace = play("cancellation/shutdown_sigterm")
    assert trace.ordered(
        "serve: works until it is asked to stop",
        "handler: SIGTERM",
        "serve: answers the last requests",
        "main: cleans up",
    )
    code = """
import asyncio, signal

stop = asyncio.Event()

def handler(*_):
    print("handler, between the tasks' steps:", asyncio.current_task() is None)
    stop.set()

async def main():
    {install}
    signal.raise_signal(signal.SIGTERM)
    print("main: step")
    await stop.wait()

asyncio.run(main())
"""
    by_loop = "asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, handler)"
    step, handled = _run(code.format(install=by_loop)).stdout.splitlines()
    assert (step, handled) == ("main: step", "handler, between the tasks' steps: True")
    by_python = "signal.signal(signal.SIGTERM, handler)"
    handled, step = _run(code.format(install=by_python)).stdout.splitlines()
    assert (step, handled) == ("main: step", "handler, between the tasks' steps: False")


@pytest.mark.always("shutdown-lost")
def test_no_task_gets_past_its_first_wait() -> None:
    snippet = load("cancellation/shutdown_lost_broken")
    traces = [play("cancellation/shutdown_lost_broken"), *interleavings(snippet.main)]
    assert len(traces) > 2
    for trace in traces:
        assert "main: 2 letters on their way" in trace.lines
        assert not any(line.endswith("sent") for line in trace.lines)
        assert trace.elapsed == 0
    fixed = play("cancellation/shutdown_lost_fixed")
    assert fixed.ordered("a: sent", "main: all letters are sent")
    assert fixed.ordered("b: sent", "main: all letters are sent")
