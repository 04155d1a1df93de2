"""Keeps the virtual clock honest: every snippet, on the real clock, prints the same lines.

They come in the same order, ties aside.
It takes as long as all the book's waits; `make realtime` runs it, `make test` doesn't.
"""

import pytest
from proven.stage import names, path_of, play
from proven.stage.player import is_virtual
from proven.stage.virtual import DEADLINE
from proven.stage.virtual.program import TAKES


@pytest.mark.parametrize("name", [name for name in names() if is_virtual(path_of(name))])
def test_same_lines_on_the_real_clock(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if TAKES.search(path_of(name).read_text(encoding="utf-8")):
        pytest.skip("it states how long its computing takes, which it doesn't really do")
    trace = play(name)
    monkeypatch.setenv("PROVEN_DEADLINE", str(DEADLINE + 2 * trace.elapsed))
    real = play(name, clock="real").lines
    if trace.ties:
        # Its order hangs on what real time, or a set of tasks, may decide either way.
        assert sorted(real) == sorted(trace.lines)
    else:
        assert real == trace.lines
