"""Two ways to compute for long, which look at a list that others grow before and after."""

import itertools
from collections.abc import Callable

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
def in_python() -> Looks:
    """Look, compute and look again in Python: the GIL can be taken at any turn."""

    def look(ticks: list[None]) -> list[int]:
        before = len(ticks)
        for _ in range(3_000_000):
            pass
        return [before, len(ticks)]

    return look
