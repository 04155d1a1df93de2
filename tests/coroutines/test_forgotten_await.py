"""Proofs for source/coroutines/forgotten-await.md."""

import asyncio
import gc
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, SOME, End, but, outcome_of, ways


async def _save(answer: object = None) -> object:
    return answer


@pytest.mark.always("forgotten-body-never-runs")
# one way: there is one way to forget it
def test_the_body_never_runs() -> None:
    trace = play("coroutines/forgotten_await_warning")
    assert trace.ordered("saved: []", "saved: ['draft']")
    snippet = load("coroutines/forgotten_await_warning")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        snippet.save("draft")
        gc.collect()
    assert len(caught) == 1
    assert snippet.saved == []


async def _cancel_at_once() -> None:
    asyncio.create_task(_save()).cancel()


@pytest.mark.always("forgotten-warns-with-name")
# one way: a fact about one object
def test_the_warning_names_the_function() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _save()
        gc.collect()
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert "'_save' was never awaited" in str(caught[0].message)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _save().close()
        asyncio.run(_cancel_at_once())
        gc.collect()
    assert not caught
    assert play("coroutines/forgotten_await_warning").lines[0].startswith("RuntimeWarning: ")


@pytest.mark.always("forgotten-no-exception")
# one way: there is one way to forget it
def test_the_program_goes_on() -> None:
    trace = play("coroutines/forgotten_await_truth_broken")
    assert len(trace.lines) == 2
    assert "RuntimeWarning" in trace.stderr

    async def fail() -> None:
        raise LookupError

    async def main() -> None:
        fail()
        print("the next line")
        number: Any = fail()
        with pytest.raises(TypeError):
            number + 1
        del number
        # Not that there was nothing to raise.
        with pytest.raises(LookupError):
            await fail()

    assert perform(main).lines == ["the next line"]


@pytest.mark.always("forgotten-silent-while-held")
# one way: a reference is a reference
def test_silent_while_somebody_holds_it() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        held = [_save()]
        gc.collect()
        assert not caught
        held.clear()
        gc.collect()
        assert len(caught) == 1


def _warned_at(forget: Callable[[], Coroutine[Any, Any, None]]) -> tuple[str, int]:
    """Return file and line that the warning names."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(forget())
        gc.collect()
    (warning,) = caught
    return warning.filename, warning.lineno


async def _forget_in_main() -> None:
    _save()
    await asyncio.sleep(0)


async def _forget_deeper() -> None:
    await _forget_in_main()


async def _forget_in_task() -> None:
    await asyncio.create_task(_forget_in_main())


async def _keep_in_variable() -> None:
    kept = _save()
    await asyncio.sleep(0)
    assert kept


Forgets = Callable[[], Coroutine[Any, Any, None]]
FORGETS: dict[str, Forgets] = {
    "in main": _forget_in_main,
    "deeper": _forget_deeper,
    "in a task": _forget_in_task,
}


@pytest.mark.always("forgotten-line-of-call")
@ways(forget=FORGETS)
def test_the_warning_names_the_line_of_a_call_that_nobody_keeps(forget: Forgets) -> None:
    # no mutant: строка предупреждения не зависит от примеров страницы
    line = _forget_in_main.__code__.co_firstlineno + 1
    assert _warned_at(forget) == (__file__, line)


@pytest.mark.sometimes("forgotten-foreign-line")
def test_the_warning_may_name_a_line_of_asyncio() -> None:
    # no mutant: строка предупреждения не зависит от примеров страницы
    file, _ = _warned_at(_keep_in_variable)
    assert Path(file).parent.name == "asyncio"


@pytest.mark.always("forgotten-once-a-line")
@ways(forget=FORGETS)
def test_a_line_is_warned_of_once(forget: Forgets) -> None:
    # no mutant: предупреждение в примере страницы одно
    def warned(filters: Literal["default", "always"]) -> int:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(filters)
            for _ in range(3):
                asyncio.run(forget())
                gc.collect()
        return len(caught)

    assert (warned("always"), warned("default")) == (3, 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for forgotten in (_save, _cancel_at_once, _save):
            forgotten()
            gc.collect()
    assert len(caught) == 2, "once for each function"
    with warnings.catch_warnings(record=True) as caught:
        for _ in range(3):
            warnings.simplefilter("default")
            asyncio.run(forget())
            gc.collect()
    assert len(caught) == 3, "who changes the filters forgets which lines were warned of"


Forget = Callable[[Coroutine[Any, Any, Any]], object]
FORGOTTEN: dict[str, tuple[Forget, bool]] = {
    "gather": (asyncio.gather, False),
    "shield": (asyncio.shield, False),
    "create_task": (asyncio.create_task, False),
    "the coroutine itself": (lambda work: work, True),
}
"""What is called without await, and whether Python warns of it."""


@pytest.mark.always("forgotten-future-silent")
@ways(forgotten=FORGOTTEN)
def test_only_coroutines_are_warned_of(forgotten: tuple[Forget, bool]) -> None:
    # no mutant: примеры страницы забывают await перед корутиной
    forget, warned = forgotten
    gate = threading.Event()
    log: list[str] = []

    async def work() -> None:
        await asyncio.sleep(1)
        log.append("done")

    async def main() -> None:
        forget(work())
        gc.collect()
        asyncio.get_running_loop().run_in_executor(None, gate.wait)
        log.append("went on")
        gate.set()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    assert log == ["went on"]
    assert bool(caught) == warned


Awaits = Callable[["asyncio.Future[Any]"], Coroutine[Any, Any, object]]


async def _let_it_be(gathering: asyncio.Future[Any]) -> None:
    await asyncio.sleep(2)
    del gathering
    await asyncio.sleep(1)


async def _ask(gathering: asyncio.Future[Any]) -> None:
    await outcome_of(gathering)


AWAITS: dict[str, tuple[Awaits, bool]] = {"nobody": (_let_it_be, True), "main": (_ask, False)}


@pytest.mark.always("forgotten-gather-logged")
@ways(end=but(ENDED, "value"), count=SOME, awaits=AWAITS, listed={"raised": False, "listed": True})
def test_the_journal_tells_of_a_gather_that_nobody_awaited(
    end: End, count: int, awaits: tuple[Awaits, bool], listed: bool
) -> None:
    # no mutant: примеры страницы gather не зовут
    wait, forgotten = awaits

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: print(told["message"]))
        others = [asyncio.sleep(1) for _ in range(count - 1)]
        await wait(asyncio.gather(end.after(1), *others, return_exceptions=listed))

    told = [(event.text, event.time) for event in perform(main).events]
    message = "_GatheringFuture exception was never retrieved"
    assert told == [(message, 2)] * (forgotten and not listed)


@ways(count=SOME, listed={"raised": False, "listed": True})
def test_the_journal_tells_of_a_gather_that_run_cancels(count: int, listed: bool) -> None:
    async def main() -> None:
        asyncio.gather(*(asyncio.sleep(60) for _ in range(count)), return_exceptions=listed)
        await asyncio.sleep(1)

    trace = perform(main)
    assert trace.elapsed == 1
    told = "_GatheringFuture exception was never retrieved" in trace.stderr
    assert told == (not listed)


async def _rows(steps: list[str]) -> AsyncGenerator[int, None]:
    steps.append("begins")
    yield 1


@pytest.mark.always("forgotten-generator-silent")
# one way: there is one way to forget it
def test_an_async_generator_that_nobody_reads_is_silent() -> None:
    # no mutant: предупреждает сам Python, от примеров это не зависит
    steps: list[str] = []

    async def read() -> None:
        async for _ in _rows(steps):
            pass

    async def main() -> None:
        _rows(steps)
        gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        _rows(steps)
        gc.collect()
    assert (caught, steps) == ([], [])
    asyncio.run(read())
    assert steps == ["begins"]


ASKS: dict[str, Callable[[Any], object]] = {
    "aclose": lambda rows: rows.aclose(),
    "asend": lambda rows: rows.asend(None),
    "athrow": lambda rows: rows.athrow(LookupError()),
    "anext": anext,
    "anext with a default": lambda rows: anext(rows, None),
}


@pytest.mark.always("forgotten-generator-method")
@ways(ask=ASKS, begun={"not begun": False, "begun": True})
def test_a_forgotten_await_of_a_generators_method(
    ask: Callable[[Any], object], begun: bool
) -> None:
    # no mutant: предупреждает сам Python, от примеров это не зависит
    async def main() -> None:
        rows = _rows([])
        if begun:
            await anext(rows)
        ask(rows)
        gc.collect()
        await rows.aclose()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    message = re.compile("coroutine method '[a-z]+' of '_rows' was never awaited")
    told = [each.category for each in caught if message.fullmatch(str(each.message))]
    assert told == ([RuntimeWarning] if sys.version_info >= (3, 13) else [])
    assert len(caught) == len(told)


Creates = Callable[[Callable[[], None]], None]


async def _call(create: Callable[[], None]) -> None:
    create()


def _in_the_loop(create: Callable[[], None]) -> None:
    asyncio.run(_call(create))


def _in_debug_mode(create: Callable[[], None]) -> None:
    asyncio.run(_call(create), debug=True)


def _before_the_loop(create: Callable[[], None]) -> None:
    create()
    asyncio.run(asyncio.sleep(0), debug=True)


def _in_a_thread(create: Callable[[], None]) -> None:
    asyncio.run(asyncio.to_thread(create), debug=True)


def _by_a_loop_in_a_thread(create: Callable[[], None]) -> None:
    asyncio.run(asyncio.to_thread(_in_debug_mode, create))


CREATES: dict[str, tuple[Creates, bool]] = {
    "in the loop": (_in_debug_mode, True),
    "not in debug mode": (_in_the_loop, False),
    "before the loop": (_before_the_loop, False),
    "in a thread without a loop": (_in_a_thread, False),
    "in the loop of a thread": (_by_a_loop_in_a_thread, True),
}


@pytest.mark.always("forgotten-debug-tells-origin")
@ways(way=CREATES)
def test_debug_mode_tells_where_it_was_created(
    way: tuple[Creates, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: режим отладки в примерах страницы не включают
    monkeypatch.delenv("PYTHONASYNCIODEBUG", raising=False)
    creates, told = way

    def origin() -> None:
        coroutine = _save()
        del coroutine
        gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        creates(origin)
    for part in ("Coroutine created at", "in origin"):
        assert (part in str(caught[0].message)) == told


NEVER_AWAITED = "async def save(): pass\nsave()"
FAILING_FINALLY = """
class Suspend:
    def __await__(self): yield

async def save():
    try:
        await Suspend()
    finally:
        raise {error}

coroutine = save()
coroutine.send(None)
del coroutine
"""
DYING = {
    "never awaited": NEVER_AWAITED,
    **{
        f"{error} in finally": FAILING_FINALLY.format(error=error)
        for error in ("ValueError", "SystemExit", "KeyboardInterrupt")
    },
}


@pytest.mark.always("forgotten-error-filter-does-not-stop")
@ways(code=DYING)
def test_an_exception_of_a_dying_coroutine_does_not_stop_the_program(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\nprint('went on')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert "ignored" in done.stderr


@pytest.mark.always("forgotten-always-true")
# one way: a fact about one type, tried with each kind of answer
def test_a_coroutine_is_true_whatever_it_would_return() -> None:
    for answer in (False, None, 0, "", True):
        coroutine = _save(answer)
        assert bool(coroutine) is True
        assert bool(asyncio.run(coroutine)) == bool(answer)
    broken = play("coroutines/forgotten_await_truth_broken")
    fixed = play("coroutines/forgotten_await_truth_fixed")
    assert broken.lines == ["admin: come in", "guest: come in"]
    assert fixed.lines == ["admin: come in", "guest: keep out"]
