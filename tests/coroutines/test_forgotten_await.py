"""Proofs for source/coroutines/forgotten-await.md."""

import asyncio
import gc
import subprocess
import sys
import warnings
from collections.abc import Coroutine
from typing import Any

import pytest
from proven.stage import load, perform, play


async def _save(answer: object = None) -> object:
    return answer


@pytest.mark.always("forgotten-body-never-runs")
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


@pytest.mark.always("forgotten-warns-with-name")
def test_the_warning_names_the_function() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _save()
        gc.collect()
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert "'_save' was never awaited" in str(caught[0].message)
    assert play("coroutines/forgotten_await_warning").lines[0].startswith("RuntimeWarning: ")


@pytest.mark.always("forgotten-no-exception")
def test_the_program_goes_on() -> None:
    trace = play("coroutines/forgotten_await_truth_broken")
    assert len(trace.lines) == 2
    assert "RuntimeWarning" in trace.stderr

    async def fail() -> None:
        raise LookupError

    async def main() -> None:
        fail()
        print("the next line")
        # Not that there was nothing to raise.
        with pytest.raises(LookupError):
            await fail()

    assert perform(main).lines == ["the next line"]


@pytest.mark.always("forgotten-silent-while-held")
def test_silent_while_somebody_holds_it() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        held = [_save()]
        gc.collect()
        assert not caught
        held.clear()
        gc.collect()
        assert len(caught) == 1


@pytest.mark.always("forgotten-debug-tells-origin")
def test_debug_mode_tells_where_it_was_created() -> None:
    def origin() -> Coroutine[Any, Any, object]:
        return _save()

    async def main() -> None:
        coroutine = origin()
        del coroutine
        gc.collect()

    def message(*, debug: bool) -> str:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            asyncio.run(main(), debug=debug)
        return str(caught[0].message)

    told, silent = message(debug=True), message(debug=False)
    for part in ("Coroutine created at", "in origin"):
        assert part in told
        assert part not in silent


@pytest.mark.always("forgotten-error-filter-does-not-stop")
def test_an_error_filter_does_not_stop_the_program() -> None:
    code = "async def save(): pass\nsave()\nprint('went on')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert "RuntimeWarning" in done.stderr


@pytest.mark.always("forgotten-always-true")
def test_a_coroutine_is_true_whatever_it_would_return() -> None:
    for answer in (False, None, 0, "", True):
        coroutine = _save(answer)
        assert bool(coroutine) is True
        assert bool(asyncio.run(coroutine)) == bool(answer)
    broken = play("coroutines/forgotten_await_truth_broken")
    fixed = play("coroutines/forgotten_await_truth_fixed")
    assert broken.lines == ["admin: come in", "guest: come in"]
    assert fixed.lines == ["admin: come in", "guest: keep out"]
