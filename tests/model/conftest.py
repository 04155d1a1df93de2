"""Two ways to compute for long, which look at a list that others grow before and after."""

import itertools
import sys
from collections.abc import Callable, Iterator

import pytest

Looks = Callable[[list[None]], list[int]]


@pytest.fixture
def in_one_c_call() -> Looks:
    """Look, compute and look again in one call of C, which never lets the GIL go."""

    def look(ticks: list[None]) -> list[int]:
        before, after = map(len, [ticks]), map(len, [ticks])
        compute = filter(None, itertools.repeat(0, 5_000_000))
        return list(itertools.chain(before, compute, after))

    return look


@pytest.fixture
def usual_switching() -> Iterator[None]:
    """Let threads switch as often as they do by default, whatever the run has set."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def in_python(usual_switching: None) -> Looks:
    """Look, compute and look again in Python: the GIL can be taken at any turn."""

    def look(ticks: list[None]) -> list[int]:
        before = len(ticks)
        for _ in range(3_000_000):
            pass
        return [before, len(ticks)]

    return look
