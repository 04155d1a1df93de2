"""Proofs for source/coroutines/generator.md."""

from __future__ import annotations

import asyncio
import gc
import types
import warnings
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, FAILED, End, ways

Work = Generator[Any, Any, Any] | Coroutine[Any, Any, Any]


@types.coroutine
def _inside(heard: list[object], end: End) -> Generator[str, Any, str]:
    """Ask, hear what was sent or thrown, then end."""
    try:
        heard.append((yield "question"))
    except BaseException as error:
        heard.append(type(error))
        raise
    return end.reach()


def _old(heard: list[object], end: End) -> Generator[Any, Any, str]:
    return (yield from _inside(heard, end))


async def _new(heard: list[object], end: End) -> str:
    return await _inside(heard, end)


async def _newer(heard: list[object], end: End) -> str:
    return await _new(heard, end)


def _older(heard: list[object], end: End) -> Generator[Any, Any, str]:
    return (yield from _old(heard, end))


KINDS: dict[str, Callable[[list[object], End], Work]] = {
    "yield from": _old,
    "await": _new,
    "two yield from": _older,
    "two await": _newer,
}


@pytest.mark.always("gen-same-protocol")
@ways(make=KINDS)
def test_both_have_the_same_methods(make: Callable[[list[object], End], Work]) -> None:
    assert play("coroutines/generator_protocol").lines == [
        "generator asks: who?",
        "generator returns: hello, Ann",
        "coroutine asks: who?",
        "coroutine returns: hello, Ann",
    ]
    for name in ("old", "new"):
        work = getattr(load("coroutines/generator_protocol"), name)()
        assert work.send(None) == "who?"
        with pytest.raises(StopIteration) as stopped:
            work.send("Ann")
        assert stopped.value.value == "hello, Ann"
    work, heard = make([], End()), list[object]()
    assert work.send(None) == "question"
    with pytest.raises(StopIteration) as stopped:
        work.send("answer")
    assert stopped.value.value == "result"
    work = make(heard, End())
    work.send(None)
    work.close()
    assert heard == [GeneratorExit]
    work = make(heard, End())
    work.send(None)
    with pytest.raises(OSError, match="thrown"):
        work.throw(OSError("thrown"))


@pytest.mark.always("gen-await-is-yield-from")
@ways(make=KINDS, end=ENDED)
def test_what_is_inside_is_passed_out_and_its_result_is_the_value(
    make: Callable[[list[object], End], Work], end: End
) -> None:
    # no mutant: примеры показывают то же на других функциях, их меняют другие доказательства
    heard: list[object] = []
    work = make(heard, end)
    assert work.send(None) == "question"
    with pytest.raises(end.error or StopIteration) as stopped:
        work.send("answer")
    if not end.error:
        assert stopped.value.value == "result"
    assert heard == ["answer"]


@pytest.mark.always("gen-throw-goes-inside")
@ways(make=KINDS, end=FAILED)
def test_what_is_thrown_reaches_the_innermost(
    make: Callable[[list[object], End], Work], end: End
) -> None:
    # no mutant: примеры страницы исключений внутрь не бросают
    heard: list[object] = []
    work = make(heard, End())
    work.send(None)
    assert end.error
    with pytest.raises(end.error):
        work.throw(end.error())
    assert heard == [end.error]


@pytest.mark.always("gen-same-order")
@ways(count={"1": 1, "2": 2, "5": 5}, pauses={"0": 0, "1": 1, "3": 3})
def test_a_scheduler_runs_both_in_the_same_order(count: int, pauses: int) -> None:
    lines = play("coroutines/generator_scheduler").lines
    assert [line.removeprefix("old ") for line in lines[:4]] == [
        line.removeprefix("new ") for line in lines[4:8]
    ]
    assert lines[8:] == ["old a: start", "new b: start", "old a: end", "new b: end"]
    module = load("coroutines/generator_scheduler")

    def old(name: int, steps: list[tuple[int, int]]) -> Generator[Any, Any, None]:
        for pause in range(pauses):
            steps.append((name, pause))
            yield from module.pause()

    async def new(name: int, steps: list[tuple[int, int]]) -> None:
        for pause in range(pauses):
            steps.append((name, pause))
            await module.pause()

    def order(*kinds: Callable[..., Work]) -> list[tuple[int, int]]:
        steps: list[tuple[int, int]] = []
        module.run(*(kinds[n % len(kinds)](n, steps) for n in range(count)))
        return steps

    assert order(old) == order(new) == order(old, new) == order(new, old)
    assert order(old) == [(name, pause) for pause in range(pauses) for name in range(count)]


async def _answer() -> int:
    return 42


def _loop(work: Any) -> None:
    for _ in work:
        pass


@pytest.mark.always("gen-coroutine-not-iterable")
@ways(consume={"list": list, "next": next, "for": _loop, "iter": iter, "sum": sum, "tuple": tuple})
def test_a_coroutine_cannot_be_iterated(consume: Callable[[Any], Any]) -> None:
    assert "list of a coroutine: TypeError" in play("coroutines/generator_differences").lines
    work = _answer()
    with pytest.raises(TypeError):
        consume(work)
    work.close()


def _plain() -> Generator[int, None, None]:
    yield 1


@pytest.mark.always("gen-await-generator-error")
@ways(make={"function": _plain, "expression": lambda: (number for number in (1,))})
def test_a_plain_generator_cannot_be_awaited(make: Callable[[], Any]) -> None:
    assert "await of a generator: TypeError" in play("coroutines/generator_differences").lines

    async def main() -> None:
        with pytest.raises(TypeError):
            await make()
        assert await types.coroutine(_returning)() == "value"

    perform(main)


def _returning() -> Generator[None, None, str]:
    yield
    return "value"


@pytest.mark.always("gen-used-up")
# one way: a fact about two types
def test_a_used_generator_is_empty_and_a_used_coroutine_raises() -> None:
    assert play("coroutines/generator_differences").ordered(
        "list: [1], await: 42", "list again: []", "await again: RuntimeError"
    )
    for end in (End(), End(OSError)):
        generator, coroutine = _old([], end), _new([], end)
        for work in (generator, coroutine):
            work.send(None)
            with pytest.raises(end.error or StopIteration):
                work.send("answer")
        assert list(generator) == []
        with pytest.raises(RuntimeError):
            coroutine.send(None)


@pytest.mark.always("gen-unused")
# one way: a fact about two types
def test_an_unused_generator_is_silent_and_an_unused_coroutine_warns() -> None:
    # no mutant: предупреждает сам Python, от примеров это не зависит
    for make, count in ((_plain, 0), (_answer, 1)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            make()
            gc.collect()
        found = [each for each in caught if "was never awaited" in str(each.message)]
        assert len(found) == count


@pytest.mark.always("gen-yield-from-in-async")
@ways(inside={"name": "x", "call": "f()", "list": "[1]"})
def test_yield_from_in_async_def_is_a_syntax_error(inside: str) -> None:
    # no mutant: такую программу нельзя даже прочесть
    with pytest.raises(SyntaxError, match="'yield from' inside async function"):
        compile(f"async def g():\n    x = yield from {inside}", "snippet", "exec")
    compile(f"async def g():\n    x = {inside}", "snippet", "exec")


@pytest.mark.always("gen-yield-from-coroutine")
@ways(make={"coroutine": _answer, "awaits another": lambda: _newer([], End())})
def test_yield_from_a_coroutine_needs_async_def(make: Callable[[], Any]) -> None:
    line = "cannot 'yield from' a coroutine object in a non-coroutine generator"
    assert play("coroutines/generator_yield_from_broken").lines == [line]
    assert play("coroutines/generator_yield_from_fixed").at("PAGE") == 1
    assert not hasattr(asyncio, "coroutine")
    work = make()

    def old() -> Generator[Any, Any, Any]:
        return (yield from work)

    with pytest.raises(TypeError, match="cannot 'yield from' a coroutine object"):
        list(old())
    work.close()
