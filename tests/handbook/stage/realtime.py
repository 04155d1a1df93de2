"""Keeps the virtual clock honest: every snippet, on the real clock, prints the same lines.

It takes as long as all the book's waits; `make realtime` runs it, `make test` doesn't.
"""

import pytest
from proven.stage import names, path_of, play
from proven.stage.player import is_virtual


@pytest.mark.parametrize("name", [name for name in names() if is_virtual(path_of(name))])
def test_same_lines_on_the_real_clock(name: str) -> None:
    assert play(name, clock="real").lines == play(name).lines
