"""Proofs for source/debugging/outdated.md."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from proven.stage import perform, play

from tests.debugging import recipes
from tests.ways import ways

PAGE = Path(__file__).parents[2] / "source/debugging/outdated.md"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def table() -> list[list[str]]:
    """Return the rows of the page's table by versions, its head first."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("| Приём"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


@pytest.mark.always("outdated-table")
def test_the_table_says_what_happens() -> None:
    # no mutant: программы таблицы лежат рядом с доказательством, а не на странице
    # one way: every row of the table, each in a process of its own
    head, *rows = table()
    assert {row[0] for row in rows} == {*recipes.RECIPES}
    told = subprocess.run(
        [sys.executable, recipes.__file__],
        input=json.dumps([recipes.RECIPES[row[0]] for row in rows]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [row[head.index(VERSION)] for row in rows] == json.loads(told.stdout)
    asyncio.set_event_loop(None)
    with pytest.raises(RuntimeError, match="There is no current event loop in thread 'MainThread'"):
        asyncio.get_event_loop()


GONE = {
    "@asyncio.coroutine": "AttributeError",
    "async def main(): yield from asyncio.sleep(1)": "SyntaxError",
    "asyncio.async(main())": "SyntaxError",
    "asyncio.Queue(loop=None)": "TypeError",
    "asyncio.Task.all_tasks()": "AttributeError",
    "asyncio.run(asyncio.wait([asyncio.sleep(1)]))": "TypeError",
}


@pytest.mark.always("outdated-gone")
def test_what_is_gone() -> None:
    # no mutant: приёмы записаны строками, а строк мутанты не меняют
    # one way: each line of the program is one of what is gone
    with pytest.raises(AttributeError, match="module 'asyncio' has no attribute 'coroutine'"):
        exec("asyncio.coroutine", {"asyncio": asyncio})
    trace = play("debugging/outdated_gone")
    assert dict(line.split(": ", 1)[::-1] for line in trace.lines) == GONE


@pytest.mark.always("outdated-no-loop-parameter")
@ways(
    made={
        name: getattr(asyncio, name)
        for name in ("Queue", "Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore")
    }
)
def test_nothing_takes_a_loop(made: Callable[..., object]) -> None:
    assert "TypeError: asyncio.Queue(loop=None)" in play("debugging/outdated_gone").lines
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'loop'"):
        made(loop=None)
    made()


FUNCTIONS: dict[str, Callable[..., object]] = {
    "sleep": lambda **loop: asyncio.sleep(0, **loop),
    "gather": lambda **loop: asyncio.gather(asyncio.Future(), **loop),
    "wait": lambda **loop: asyncio.wait([asyncio.Future()], **loop),
    "wait_for": lambda **loop: asyncio.wait_for(asyncio.Future(), 1, **loop),
    "shield": lambda **loop: asyncio.shield(asyncio.Future(), **loop),
    "as_completed": lambda **loop: asyncio.as_completed([asyncio.Future()], **loop),
}


@pytest.mark.always("outdated-no-loop-in-functions")
@ways(call=FUNCTIONS)
def test_no_function_takes_a_loop(call: Callable[..., object]) -> None:
    # no mutant: утверждение о том, чего в программе страницы нет
    async def main() -> None:
        with pytest.raises(TypeError, match="got an unexpected keyword argument 'loop'"):
            call(loop=asyncio.get_running_loop())
        called = call()
        if asyncio.iscoroutine(called):
            called.close()
        print("called")

    assert perform(main).lines == ["called"]


async def nothing() -> None:
    """End at once."""


def future_of(loop: asyncio.AbstractEventLoop) -> object:
    return asyncio.Future(loop=loop).get_loop()


def task_of(loop: asyncio.AbstractEventLoop) -> object:
    task = asyncio.ensure_future(nothing(), loop=loop)
    loop.run_until_complete(task)
    return task.get_loop()


def reader_of(loop: asyncio.AbstractEventLoop) -> object:
    return asyncio.StreamReader(loop=loop)._loop


@pytest.mark.always("outdated-loop-parameter-left")
@ways(made={"Future": future_of, "ensure_future": task_of, "StreamReader": reader_of})
def test_some_still_take_a_loop(made: Callable[[asyncio.AbstractEventLoop], object]) -> None:
    # no mutant: утверждение о том, чего в программе страницы нет
    loop = asyncio.new_event_loop()
    try:
        assert made(loop) is loop
    finally:
        loop.close()


async def by_wait_for(seconds: float) -> None:
    await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def by_timeout(seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await asyncio.Event().wait()


LATE = {"wait_for": by_wait_for, "timeout": by_timeout}


@pytest.mark.always("outdated-timeout-is-oserror")
@ways(late=LATE, seconds={"at once": 0.0, "later": 5.0})
def test_a_timeout_is_an_os_error(late: Callable[[float], Awaitable[None]], seconds: float) -> None:
    broken, fixed = (play(f"debugging/outdated_timeout_{end}") for end in ("broken", "fixed"))
    assert broken.lines == ["no network: call the operator"]
    assert fixed.lines == ["too slow: try again"]

    async def main() -> None:
        try:
            await late(seconds)
        except OSError as error:
            name = type(error).__name__
            print(name)

    assert perform(main).at("TimeoutError") == seconds


@pytest.mark.always("outdated-one-timeout")
def test_there_is_one_timeout_error() -> None:
    # no mutant: утверждение об именах, а не о программе
    # one way: a fact about three names
    names = {asyncio.TimeoutError, concurrent.futures.TimeoutError, socket.timeout, TimeoutError}
    assert names == {TimeoutError}
    assert issubclass(TimeoutError, OSError)


@pytest.mark.always("outdated-ensure-future-same")
@ways(many={"one": 1, "three": 3})
def test_ensure_future_makes_the_same_task(many: int) -> None:
    # no mutant: примера с ensure_future на странице нет
    async def work() -> int:
        await asyncio.sleep(1)
        return 1

    async def main() -> None:
        old = [asyncio.ensure_future(work()) for _ in range(many)]
        new = [asyncio.create_task(work()) for _ in range(many)]
        assert {type(task) for task in (*old, *new)} == {asyncio.Task}
        assert asyncio.ensure_future(old[0]) is old[0]
        assert await asyncio.gather(*old, *new) == [1] * 2 * many
        print("done")

    assert perform(main).at("done") == 1


OLD = {
    "setDaemon": "threading.Thread().setDaemon(True)",
    "currentThread": "threading.currentThread()",
    "of one's own": "warnings.warn('old', DeprecationWarning)",
}
PLACES = {
    "main thread": "call()",
    "awaited": "asyncio.run(call_async())",
    "thread": "thread = threading.Thread(target=call); thread.start(); thread.join()",
    "left alone": "asyncio.run(leave_alone())",
}
CALLS = """
import asyncio, threading, warnings

def call():
    {old}
    print("went on")

async def call_async():
    call()

async def leave_alone():
    task = asyncio.create_task(call_async())
    await asyncio.sleep(0)

{place}
print("the end")
"""


@pytest.mark.always("outdated-error-filter")
@pytest.mark.always("outdated-error-filter-elsewhere")
@ways(old=OLD, place=PLACES)
def test_what_warned_is_an_error_under_the_filter(old: str, place: str) -> None:
    # no mutant: утверждение о ключе, с которым примеры страницы не запускают
    code = CALLS.format(old=old, place=place)
    plain, strict = (
        subprocess.run([sys.executable, "-W", how, "-c", code], capture_output=True, text=True)
        for how in ("always", "error")
    )
    assert (plain.returncode, plain.stdout) == (0, "went on\nthe end\n")
    stopped = place in (PLACES["main thread"], PLACES["awaited"])
    assert (strict.returncode, strict.stdout) == ((1, "") if stopped else (0, "the end\n"))
    for run in (plain, strict):
        assert "DeprecationWarning: " in run.stderr


POOLED = {
    "submit": ("pool.submit(call)", False),
    "map": ("pool.map(call, [1])", False),
    "submit, result": ("pool.submit(call).result()", True),
    "map, list": ("list(pool.map(call, [1]))", True),
    "to_thread": ("asyncio.run(asyncio.to_thread(call))", True),
}
"""How a pool gets its job, and whether somebody asks for the result."""


@pytest.mark.always("outdated-error-filter-pool")
@ways(old=OLD, pooled=POOLED)
def test_a_pool_hides_the_error_until_it_is_asked(old: str, pooled: tuple[str, bool]) -> None:
    # no mutant: утверждение о ключе, с которым примеры страницы не запускают
    use, is_asked = pooled
    code = f"""
import asyncio, threading, warnings
from concurrent.futures import ThreadPoolExecutor

def call(*_):
    {old}

with ThreadPoolExecutor() as pool:
    {use}
print("the end")
"""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == ((1, "") if is_asked else (0, "the end\n"))
    assert ("DeprecationWarning: " in run.stderr) == is_asked
    assert is_asked or not run.stderr
