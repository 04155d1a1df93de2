"""Proofs for source/cancellation/shutdown.md."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from itertools import product
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import (
    AWAITED,
    COUNTS,
    ENDED,
    EXITS,
    FAILED,
    SOME,
    STARTED,
    STARTED_EAGERLY,
    Awaited,
    End,
    Started,
    but,
    ways,
)
from tests.ways_processes import filled

STARTED_ALONE = but(STARTED, "TaskGroup")  # a group waits for its tasks before main ends
STARTED_EAGERLY_ALONE = but(STARTED_EAGERLY, "TaskGroup")


async def _serve(closing: float = 0) -> None:
    try:
        await asyncio.sleep(100)
        print("served")
    finally:
        print("closing")
        await asyncio.sleep(closing)
        print("closed")


@pytest.mark.always("shutdown-cancels-all")
@ways(started=STARTED_ALONE, awaited=AWAITED, end=ENDED)
def test_all_tasks_are_cancelled_in_the_second_in_which_main_ends(
    started: Started, awaited: Awaited, end: End
) -> None:
    trace = play("cancellation/shutdown_order")
    assert trace.at("main: returns, unfinished: 2") == 1
    assert not any(line.endswith("served") for line in trace.lines)
    cancelled_at: list[float] = []

    async def serve() -> None:
        try:
            await awaited(100, End())
        except asyncio.CancelledError:
            cancelled_at.append(asyncio.get_running_loop().time())
            raise

    for count in (1, 2, 20):

        async def main(count: int = count) -> None:
            async with started() as start:
                tasks = [start(serve()) for _ in range(count)]
                await asyncio.sleep(count)
                assert not any(task.done() for task in tasks)
                end.reach()

        cancelled_at.clear()
        with suppress(BaseException):
            perform(main)
        assert cancelled_at == [count] * count
    ended: list[str] = []

    async def one_step() -> None:
        ended.append("by itself")

    async def leave() -> None:
        async with started() as start:
            start(one_step())

    perform(leave)
    assert ended == ["by itself"]

    async def passes(count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)
        ended.append(str(count))

    async def leave_after(count: int) -> None:
        kept = [asyncio.create_task(passes(more)) for more in range(6)]
        for _ in range(count):
            await asyncio.sleep(0)
        assert kept

    for count in range(4):
        ended.clear()
        perform(lambda count=count: leave_after(count))
        assert ended == [str(each) for each in range(count + 1)], "all at the same instant"


@pytest.mark.always("shutdown-waits-cleanup")
@ways(started=STARTED_ALONE, awaited=AWAITED)
def test_the_longest_clean_up_decides(started: Started, awaited: Awaited) -> None:
    trace = play("cancellation/shutdown_order")
    assert trace.at("mail: closed") == 1 + 1
    assert trace.at("web: closed") == trace.at("run: result") == 1 + 2
    assert trace.ordered("web: closed", "run: result")

    async def serve(closing: float) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await awaited(closing, End())
            print(f"closed in {closing}")

    async def main() -> None:
        async with started() as start:
            tasks = [start(serve(closing)) for closing in (2, 1, 4)]
            await asyncio.sleep(1)
            assert not any(task.done() for task in tasks)

    trace = perform(main)
    assert [trace.at(f"closed in {closing}") for closing in (1, 2, 4)] == [2, 3, 5]
    assert trace.elapsed == 5


@pytest.mark.always("shutdown-main-fails")
@ways(end=but(ENDED, "value") | EXITS)
def test_an_error_of_main_comes_out_after_the_clean_up(end: End) -> None:
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
        end.reach()

    assert end.error
    with pytest.raises(end.error):
        perform(main)
    assert ends == ["closed"]


@pytest.mark.always("shutdown-stubborn")
# one way: a fact about one task
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


@pytest.mark.always("shutdown-cleanup-needs-another")
@ways(items=SOME, patience={"1": 1, "1000": 1000})
def test_who_waits_for_a_queue_waits_in_vain(items: int, patience: float) -> None:
    # no mutant: в примерах страницы очереди нет
    async def take(queue: asyncio.Queue[int]) -> None:
        while True:
            await queue.get()
            await asyncio.sleep(0.1)
            queue.task_done()

    async def put(queue: asyncio.Queue[int]) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            for item in range(items):
                queue.put_nowait(item)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await queue.join()
                    print("all are taken")

    async def main(in_order: bool) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        taking, putting = asyncio.create_task(take(queue)), asyncio.create_task(put(queue))
        await asyncio.sleep(1)
        if in_order:
            putting.cancel()
            await asyncio.wait([putting])
        assert not taking.done()

    in_vain = perform(lambda: main(False))
    assert in_vain.lines == []
    assert in_vain.elapsed == 1 + patience
    in_order = perform(lambda: main(True))
    assert (in_order.lines == ["all are taken"]) is (patience > 0.1 * items)


@pytest.mark.always("shutdown-cleanup-cut-by-another")
@ways(started=STARTED_ALONE, shielded={"plain": False, "shield": True})
def test_a_clean_up_that_awaits_a_cancelled_task_is_cut(started: Started, shielded: bool) -> None:
    # no mutant: в примерах страницы завершающие действия другой задачи не ждут
    async def write() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(1)
            print("writer: closed")

    async def serve(writer: asyncio.Task[None]) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            try:
                await (asyncio.shield(writer) if shielded else writer)
            except asyncio.CancelledError:
                print("server: cut")
                raise
            print("server: closed")

    async def main() -> None:
        async with started() as start:
            serving = start(serve(start(write())))
            await asyncio.sleep(1)
            assert not serving.done()

    assert perform(main).lines == ["writer: closed", "server: cut"]


async def _pages(seen: list[str]) -> AsyncIterator[int]:
    try:
        for page in range(3):
            yield page
    finally:
        seen.append("begins to close")
        await asyncio.sleep(1)
        seen.append("closed")


async def _by_anext(generator: AsyncIterator[int]) -> None:
    assert await anext(generator) == 0


async def _by_break(generator: AsyncIterator[int]) -> None:
    async for _ in generator:
        break


Leaves = Callable[[AsyncIterator[int]], Coroutine[Any, Any, None]]
UNFINISHED: dict[str, Leaves] = {"anext": _by_anext, "break": _by_break}


@pytest.mark.always("shutdown-generators")
@ways(leave=UNFINISHED, end=ENDED)
def test_generators_that_somebody_holds_are_closed(leave: Leaves, end: End) -> None:
    seen: list[str] = []
    kept = _pages(seen)

    async def main() -> None:
        await leave(kept)
        await asyncio.sleep(1)
        seen.append("main ends")
        end.reach()

    with suppress(BaseException):
        perform(main)
    assert seen == ["main ends", "begins to close", "closed"]


class _InThisOrder(list[Any]):
    """Stands for the loop's set of generators, whose order nobody knows."""

    add, discard = list.append, list.remove


async def _wait_inside(seen: list[str]) -> AsyncIterator[int]:
    try:
        yield 0
    finally:
        await asyncio.sleep(1)
        seen.append("inner closed")


async def _with_aclose(inner: Any, seen: list[str]) -> AsyncIterator[int]:
    try:
        async for page in inner:
            yield page
    finally:
        await inner.aclose()
        seen.append("outer closed")


async def _with_aclosing(inner: Any, seen: list[str]) -> AsyncIterator[int]:
    try:
        async for page in inner:
            yield page
    finally:
        async with aclosing(inner):
            seen.append("outer is closing")
        seen.append("outer closed")


@pytest.mark.sometimes("shutdown-generators-nested")
@ways(outer={"aclose": _with_aclose, "aclosing": _with_aclosing})
@ways(inner_first={"inner first": True, "outer first": False})
def test_a_generator_that_closes_another_may_be_cut(
    outer: Callable[[Any, list[str]], AsyncIterator[int]], inner_first: bool
) -> None:
    # no mutant: примера с генератором на странице нет
    seen: list[str] = []
    inner = _wait_inside(seen)
    both = [inner, outer(inner, seen)]

    async def main() -> None:
        assert await anext(both[1]) == 0
        loop: Any = asyncio.get_running_loop()
        assert set(loop._asyncgens) == set(both)
        loop._asyncgens = _InThisOrder(both if inner_first else reversed(both))

    told = perform(main).stderr
    assert told.count("asynchronous generator is already running") == 1
    assert "inner closed" in seen
    assert ("outer closed" in seen) is not inner_first


@pytest.mark.sometimes("shutdown-generator-dropped")
@ways(waits={"at once": 0.0, "while it closes": 0.5})
def test_the_clean_up_of_a_dropped_generator_may_be_cut_short(waits: float) -> None:
    # no mutant: дело в asyncio, примера с брошенным генератором на странице нет
    seen: list[str] = []

    async def main() -> None:
        await _by_break(_pages(seen))
        if waits:
            await asyncio.sleep(waits)
        seen.append("main ends")

    perform(main)
    if waits:
        assert seen == ["begins to close", "main ends"]
    else:
        late = ["closed"] if sys.version_info >= (3, 13) else []
        assert seen == ["main ends", "begins to close", *late]


Calls = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


async def _to_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


async def _in_executor(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)


CALLS: dict[str, Calls] = {"to_thread": _to_thread, "run_in_executor": _in_executor}


@pytest.mark.always("shutdown-threads")
@ways(call=CALLS)
def test_threads_finish_their_work(call: Calls) -> None:
    def copy() -> None:
        time.sleep(5)
        print("copied")

    async def main() -> None:
        task = asyncio.create_task(call(copy))
        await asyncio.sleep(1)
        assert not task.done()
        print("main returns")

    trace = perform(main)
    assert trace.at("main returns") == 1
    assert trace.at("copied") == trace.elapsed == 5


@pytest.mark.always("shutdown-process-waits")
# one way: a fact about the pool of the loop
def test_the_process_waits_for_the_thread_that_run_gave_up() -> None:
    # no mutant: пять минут примеру не прождать, поэтому срок здесь другой
    code = """
import asyncio, asyncio.constants, sys, threading, time
asyncio.constants.THREAD_JOIN_TIMEOUT = 0.01
LIMITED = sys.version_info >= (3, 13)
began, may_end = threading.Event(), threading.Event()

def work():
    began.set()
    may_end.wait()
    time.sleep(0.1)
    print("thread: ends", flush=True)

async def main():
    task = asyncio.create_task(asyncio.to_thread(work))
    while not began.is_set():
        await asyncio.sleep(0.01)
    if not LIMITED:
        may_end.set()

asyncio.run(main())
print("run returned", flush=True)
may_end.set()
"""
    lines = _run(code).stdout.splitlines()
    assert sorted(lines) == ["run returned", "thread: ends"]
    if sys.version_info >= (3, 13):
        assert lines[0] == "run returned", "there is a limit since then"


@pytest.mark.always("shutdown-cleanup-error")
@ways(end=FAILED)
def test_an_error_of_the_clean_up_goes_to_the_handler(end: End) -> None:
    lines = play("cancellation/shutdown_cleanup_fails").lines
    assert lines[0] == "main: returns, serving: True"
    assert lines[-2:] == ["loop: ConnectionError", "run: result"]

    async def serve() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await end.after(1)

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        assert not task.done()

    assert end.error
    assert end.error.__name__ in perform(main).stderr


@pytest.mark.always("shutdown-cleanup-exit")
@ways(
    how={
        "sys.exit": "sys.exit(7)",
        "Ctrl+C": "signal.raise_signal(signal.SIGINT)",
        "an error": "raise LookupError",
    }
)
def test_an_exit_in_the_clean_up_cuts_the_clean_up_of_others_short(how: str) -> None:
    # no mutant: в примере завершающие действия программу не прерывают
    code = """
import asyncio, signal, sys

async def serve():
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.1)
        print("serve: clean-up ends")

async def interrupt():
    try:
        await asyncio.sleep(60)
    finally:
        {how}

async def main():
    global tasks
    tasks = [asyncio.create_task(serve()), asyncio.create_task(interrupt())]
    await asyncio.sleep(0)
    return "result"

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print(asyncio.run(main()))
except BaseException as error:
    print(type(error).__name__)
"""
    expected = {
        "sys.exit(7)": ["SystemExit"],
        "signal.raise_signal(signal.SIGINT)": ["KeyboardInterrupt"],
        "raise LookupError": ["serve: clean-up ends", "result"],
    }
    assert _run(code.format(how=how)).stdout.splitlines() == expected[how]


@pytest.mark.always("shutdown-late-task")
@ways(started=STARTED_ALONE)
def test_a_task_born_in_the_clean_up_is_left_alone(started: Started) -> None:
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
            async with started() as start:
                born.append(start(late()))

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        assert not task.done()

    trace = perform(main)
    assert trace.elapsed == 1
    assert trace.lines == ["late: first step"]
    assert not born[0].done()
    assert born[0].cancelling() == 0

    async def letter() -> None:
        await asyncio.sleep(5)
        print("letter: sent")

    async def closing(awaits: bool, seconds: float) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            async with started() as start:
                sending = start(letter())
                if awaits:
                    await sending
                await asyncio.sleep(seconds)

    async def whole(awaits: bool, seconds: float) -> None:
        task = asyncio.create_task(closing(awaits, seconds))
        await asyncio.sleep(1)
        assert not task.done()

    for awaits, seconds in product((False, True), (0, 3, 7)):
        sent = awaits or seconds > 5
        lines = perform(lambda awaits=awaits, seconds=seconds: whole(awaits, seconds)).lines
        assert lines == ["letter: sent"] * sent
    assert ends == []


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


CTRL_C = """
import asyncio, signal

async def main():
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
    try:
        {wait}
    finally:
        {clean_up}
    return "result"

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print(asyncio.run(main()))
except (KeyboardInterrupt, LookupError, asyncio.CancelledError) as error:
    print(type(error).__name__)
"""
WAITS = {
    "sleep": "await asyncio.sleep(60)",
    "future": "await asyncio.get_running_loop().create_future()",
    "task": "await asyncio.create_task(asyncio.sleep(60))",
    "gather": "await asyncio.gather(asyncio.sleep(60), asyncio.sleep(60))",
}


ELSEWHERE = """
import asyncio, signal, threading

async def main():
    global loop, stop
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    waits.set()
    try:
        await stop.wait()
        print("main: to the end", flush=True)
    except asyncio.CancelledError:
        print("main: cancelled", flush=True)
        raise

def press():
    waits.wait()
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("interrupted, and not main", flush=True)
    loop.call_soon_threadsafe(stop.set)

waits = threading.Event()
signal.signal(signal.SIGINT, HANDLER)
RUN
"""
IN_ANOTHER_THREAD = """
thread = threading.Thread(target=asyncio.run, args=(main(),))
thread.start()
press()
thread.join()
"""
OWN_HANDLER = """
threading.Thread(target=press).start()
asyncio.run(main())
"""


PRESSED = {
    name: (CTRL_C.format(wait=wait, clean_up='print("clean-up")'), "clean-up", "KeyboardInterrupt")
    for name, wait in WAITS.items()
} | {
    "another thread": (
        filled(ELSEWHERE, HANDLER="signal.default_int_handler", RUN=IN_ANOTHER_THREAD),
        *("interrupted, and not main", "main: to the end"),
    ),
    "own handler": (
        filled(ELSEWHERE, HANDLER="lambda *_: None", RUN=OWN_HANDLER),
        "main: to the end",
    ),
}


@pytest.mark.always("shutdown-ctrl-c")
@ways(pressed=PRESSED)
def test_ctrl_c_cancels_main_and_comes_out_of_run(pressed: tuple[str, ...]) -> None:
    trace = play("cancellation/shutdown_ctrl_c")
    assert trace.ordered("main: cleans up", "interrupted")
    assert "main: done" not in trace.lines
    code, *lines = pressed
    assert _run(code).stdout.splitlines() == lines


CANCELLED_TOO = (
    "asyncio.get_running_loop().call_soon(asyncio.current_task().cancel); await asyncio.sleep(60)"
)
LOST = {
    "swallowed": (WAITS["sleep"], "return 'went on'", "went on"),
    "failed": (WAITS["sleep"], "raise LookupError", "LookupError"),
    "cancelled by another, too": (CANCELLED_TOO, "pass", "CancelledError"),
}


@pytest.mark.always("shutdown-ctrl-c-lost")
@ways(lost=LOST)
def test_main_may_lose_ctrl_c(lost: tuple[str, str, str]) -> None:
    # no mutant: в примере отмену никто не глотает
    wait, clean_up, comes_out = lost
    code = CTRL_C.format(wait=wait, clean_up=clean_up)
    assert _run(code).stdout.splitlines() == [comes_out]


AFTER_GROUP = """
import asyncio, signal

async def fail():
    raise OSError

async def main():
    for _ in range(TIMES):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                BODY
        except BaseExceptionGroup:
            print("caught")
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
    await asyncio.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except (KeyboardInterrupt, asyncio.CancelledError) as error:
    print(type(error).__name__)
"""


def _pressed_after_groups(times: int, body: str) -> str:
    """Return what comes out of a program whose groups failed before Ctrl+C."""
    *caught, out = _run(filled(AFTER_GROUP, TIMES=times, BODY=body)).stdout.splitlines()
    assert caught == ["caught"] * times
    return out


@pytest.mark.always("shutdown-ctrl-c-after-group", before="3.13")
@ways(times={"1": 1, "3": 3})
def test_after_a_failed_group_ctrl_c_comes_out_as_a_cancellation(times: int) -> None:
    # no mutant: дело в asyncio, групп с ошибкой в примерах страницы нет
    assert _pressed_after_groups(times, "pass") == "CancelledError"
    waits = "await asyncio.sleep(60)"
    assert _pressed_after_groups(times, waits) == "KeyboardInterrupt", "it waited in the body"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="older ones are what the page warns of")
def test_after_a_failed_group_newer_ones_come_out_as_ever() -> None:
    assert _pressed_after_groups(3, "pass") == "KeyboardInterrupt"


@pytest.mark.always("shutdown-ctrl-c-busy")
# one way: busy is busy
def test_the_first_ctrl_c_interrupts_nothing_that_is_busy() -> None:
    # no mutant: в примере main ждёт, а не вычисляет
    busy = "signal.raise_signal(signal.SIGINT); print('still busy'); await asyncio.sleep(60)"
    presses = "asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)"
    code = CTRL_C.replace(presses, "").format(wait=busy, clean_up='print("clean-up")')
    assert _run(code).stdout.splitlines() == ["still busy", "clean-up", "KeyboardInterrupt"]


NOT_INSIDE = """
import asyncio, signal

async def work():
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
    try:
        WAIT
    except KeyboardInterrupt:
        print("caught inside")
    except asyncio.CancelledError:
        print("cancelled")
        raise

async def other():
    try:
        await asyncio.sleep(60)
    except KeyboardInterrupt:
        print("caught inside another task")

async def main():
    another = asyncio.create_task(other())
    BODY

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("caught outside")
"""
BODIES = {
    "main itself": "await work()",
    "a child task": "await asyncio.create_task(work())",
    "gather": "await asyncio.gather(work())",
}


@pytest.mark.always("shutdown-ctrl-c-not-inside")
@ways(wait=WAITS, body=BODIES)
def test_no_coroutine_catches_the_first_ctrl_c(wait: str, body: str) -> None:
    # no mutant: в примере KeyboardInterrupt ловят снаружи
    code = filled(NOT_INSIDE, WAIT=wait, BODY=body)
    assert _run(code).stdout.splitlines() == ["cancelled", "caught outside"]


@pytest.mark.always("shutdown-ctrl-c-thread")
@ways(call={"to_thread": "asyncio.to_thread(work)", "executor": "loop.run_in_executor(None, work)"})
def test_ctrl_c_waits_for_the_function_in_a_thread(call: str) -> None:
    # no mutant: в примере функций в потоке нет
    code = """
        import asyncio, signal, threading

        gone = threading.Event()

        def work():
            loop.call_soon_threadsafe(signal.raise_signal, signal.SIGINT)
            gone.wait()  # main has been cancelled
            print("thread: ends", flush=True)

        async def main():
            global loop
            loop = asyncio.get_running_loop()
            try:
                await CALL
            finally:
                print("main: ends", flush=True)
                gone.set()

        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
    """
    lines = _run(filled(code, CALL=call)).stdout.splitlines()
    assert lines == ["main: ends", "thread: ends", "interrupted"]


SECOND_PRESS = {
    "running": "signal.raise_signal(signal.SIGINT)",
    # An alarm that comes just before the sleep waits for its end, so there are several.
    "in time.sleep": "signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05); time.sleep(60)",
}


@pytest.mark.always("shutdown-second-ctrl-c")
@ways(press=SECOND_PRESS)
def test_a_second_ctrl_c_waits_for_nothing(press: str) -> None:
    code = """
import asyncio, signal, time

pressed = []

def press(*_):
    signal.setitimer(signal.ITIMER_REAL, 0)
    if not pressed:
        pressed.append(True)
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGALRM, press)

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
    twice = _run(code.format(press=press))
    assert twice.stdout.split("\n")[:2] == ["clean-up begins", "interrupted"]
    once = _run(code.format(press="pass"))
    assert once.stdout.split("\n")[:3] == ["clean-up begins", "clean-up ends", "interrupted"]


PRESSED_AGAIN = {
    "main is busy": "signal.raise_signal(signal.SIGINT)",
    "main waits": "loop.call_soon(signal.raise_signal, signal.SIGINT); await asyncio.sleep(60)",
}


@pytest.mark.always("shutdown-second-ctrl-c-waits")
@ways(again=PRESSED_AGAIN)
def test_after_a_second_ctrl_c_all_still_clean_up(again: str) -> None:
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
        try:
            {again}
        finally:
            print("main: clean-up ends")

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
    assert _run(code.format(again=again)).stdout.splitlines() == [
        *("main: clean-up begins", "main: clean-up ends", "serve: clean-up ends", "interrupted")
    ]


@pytest.mark.always("shutdown-sigterm-default")
# one way: a signal comes in one way
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
# one way: a fact about one method
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


ASLEEP = """
import asyncio, signal, threading, time

async def main():
    loop = asyncio.get_running_loop()
    stop, asleep, told = asyncio.Event(), threading.Event(), []
    select, main_thread = loop._selector.select, threading.get_ident()

    def watched(timeout=None):
        if timeout == 0:
            return select(0)
        asleep.set()
        ready = select(timeout)
        if told and not ready:
            print("slept until its timer")
        return ready

    def press():
        asleep.wait()
        while not told:  # a signal that comes just before the sleep waits for its end
            signal.pthread_kill(main_thread, signal.{signal})
            time.sleep(0.01)

    def handler(*_):
        if not told:
            told.append(True)
            {tell}

    def tick():
        loop.call_later(0.3, tick)

    def ask_to_stop():
        print("between the tasks' steps:", asyncio.current_task() is None)
        stop.set()

    signal.signal(signal.{signal}, handler)
    loop._selector.select = watched
    {others}
    presser = threading.Thread(target=press)
    presser.start()
    await stop.wait()
    print("main: woken")
    presser.join()

asyncio.run(main())
"""


@pytest.mark.always("shutdown-portable-wakes")
@ways(name={"SIGTERM": "SIGTERM", "SIGINT": "SIGINT", "SIGUSR1": "SIGUSR1"})
def test_a_threadsafe_call_of_a_handler_wakes_the_loop(name: str) -> None:
    assert play("cancellation/shutdown_portable").lines == [
        *("main: works", "loop: asked to stop", "main: cleans up")
    ]
    tell = "loop.call_soon_threadsafe(ask_to_stop)"
    told = _run(ASLEEP.format(signal=name, tell=tell, others="pass"))
    assert told.stdout.splitlines() == ["between the tasks' steps: True", "main: woken"]


@pytest.mark.always("shutdown-portable-left")
@ways(left={"left": "pass", "put back": "signal.signal(signal.SIGTERM, before)"})
def test_a_handler_that_is_left_calls_a_closed_loop(left: str) -> None:
    # no mutant: пример страницы с концом asyncio.run и заканчивается
    code = """
        import asyncio, signal

        def before(*_):
            print("the handler of before")

        async def main():
            loop = asyncio.get_running_loop()
            stop = asyncio.Event()
            handler = lambda *_: loop.call_soon_threadsafe(stop.set)
            signal.signal(signal.SIGTERM, handler)
            loop.call_soon(signal.raise_signal, signal.SIGTERM)
            await stop.wait()

        signal.signal(signal.SIGTERM, before)
        asyncio.run(main())
        LEFT
        try:
            signal.raise_signal(signal.SIGTERM)
            print("goes on")
        except RuntimeError as error:
            print(error)
    """
    lines = _run(filled(code, LEFT=left)).stdout.splitlines()
    assert lines == (
        ["Event loop is closed"] if left == "pass" else ["the handler of before", "goes on"]
    )


@pytest.mark.sometimes("shutdown-handler-sleeps-on")
@ways(tell={"set": "stop.set()", "call_soon": "loop.call_soon(ask_to_stop)"})
def test_an_event_set_by_a_handler_does_not_wake_the_loop(tell: str) -> None:
    # no mutant: в примере обработчик зовёт call_soon_threadsafe
    lines = _run(ASLEEP.format(signal="SIGTERM", tell=tell, others="tick()")).stdout.splitlines()
    assert (lines[0], lines[-1]) == ("slept until its timer", "main: woken")


@pytest.mark.always("shutdown-deadline-cuts")
@ways(awaited=but(AWAITED, "to_thread"), count=SOME, grace={"1": 1, "8": 8})
def test_the_late_are_cut_short(awaited: Awaited, count: int, grace: float) -> None:
    trace = play("cancellation/shutdown_deadline")
    assert trace.at("web: closed") == 3
    assert trace.at("main: late: 1") == trace.at("run: returned") == trace.elapsed == 9
    assert "mail: closed" not in trace.lines
    snippet = load("cancellation/shutdown_deadline")
    snippet.stop.__globals__["GRACE"] = grace

    async def serve(number: int) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            try:
                await awaited(60, End())
                print("closed")
            except asyncio.CancelledError:
                print(f"{number}: cut short")
                raise

    async def main() -> None:
        tasks = [asyncio.create_task(serve(number)) for number in range(count)]
        await asyncio.sleep(1)
        await snippet.stop(tasks)
        await snippet.stop([])

    trace = perform(main)
    assert trace.at(f"main: late: {count}") == 1 + grace
    assert "closed" not in trace.lines
    for number in range(count):
        assert trace.at(f"{number}: cut short") == 1 + grace
    assert trace.elapsed == 1 + grace


@pytest.mark.always("shutdown-timeout-in-finally")
@ways(awaited=but(AWAITED, "to_thread"), caught={"caught": True, "let out": False})
def test_a_deadline_inside_the_clean_up(awaited: Awaited, caught: bool) -> None:
    # no mutant: в примере срок ставит wait, а не timeout

    async def serve() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            with suppress(TimeoutError if caught else LookupError):
                async with asyncio.timeout(8):
                    await awaited(60, End())

    async def main() -> None:
        task = asyncio.create_task(serve())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        print("over")
        if caught:
            assert task.cancelled()
        else:
            assert isinstance(task.exception(), TimeoutError)

    assert perform(main).at("over") == 9


@pytest.mark.always("shutdown-lost")
@ways(started=STARTED_EAGERLY_ALONE, awaited=AWAITED, count=COUNTS)
def test_no_task_gets_past_its_first_wait(started: Started, awaited: Awaited, count: int) -> None:
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

    steps: list[str] = []

    async def send(first: Callable[[], Awaitable[Any]]) -> None:
        steps.append("sending")
        await first()
        steps.append("past the first wait")
        await awaited(1, End())
        steps.append("sent")

    async def main(first: Callable[[], Awaitable[Any]]) -> None:
        async with started() as start:
            tasks = [start(send(first)) for _ in range(count)]
        assert len(tasks) == count

    for first in (lambda: awaited(1, End()), lambda: asyncio.sleep(0)):
        steps.clear()
        perform(lambda first=first: main(first))
        at_first = steps.count("sending")
        assert at_first == count
        if started is not STARTED_EAGERLY.get("eager"):
            assert steps == ["sending"] * count
        assert "sent" not in steps
    if started is STARTED_EAGERLY.get("eager"):
        assert steps.count("past the first wait") == count, "a wait of one pass is over"
