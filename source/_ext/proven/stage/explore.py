"""Plays a coroutine in every order in which its loop could run what is ready.

CPython's loop runs ready callbacks first in, first out, but the documentation
promises little about it.  What holds in every order doesn't lean on that habit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from proven.stage import perform
from proven.stage.clock import VirtualLoop
from proven.stage.trace import Trace


class _Script:
    """The choices of one run, and by backtracking those of the next."""

    def __init__(self) -> None:
        self._choices: list[list[int]] = []
        self._step = 0

    def choose(self, options: int) -> int:
        if self._step == len(self._choices):
            self._choices.append([0, options])
        chosen, known = self._choices[self._step]
        assert known == options, "not deterministic: the same choices led elsewhere"
        self._step += 1
        return chosen

    def advance(self) -> bool:
        """Turn to the next run; False when every order was seen."""
        self._step = 0
        while self._choices:
            self._choices[-1][0] += 1
            if self._choices[-1][0] < self._choices[-1][1]:
                return True
            self._choices.pop()
        return False


class _Ready(deque[Any]):
    """A loop's queue of ready callbacks that lets the script pick the next one."""

    def __init__(self, script: _Script) -> None:
        super().__init__()
        self._script = script

    def popleft(self) -> Any:
        place = self._script.choose(len(self)) if len(self) > 1 else 0
        self.rotate(-place)
        chosen = super().popleft()
        self.rotate(place)
        return chosen


def interleavings(
    main: Callable[[], Coroutine[Any, Any, object]], *, most: int = 5_000
) -> Iterator[Trace]:
    """Yield the trace of `main` for each order of ready callbacks, depth first.

    main must be deterministic but for that order.  AssertionError if there are
    more than `most` orders: make the example smaller, a part proves nothing.
    """
    script = _Script()

    def make_loop(start: float) -> VirtualLoop:
        loop = VirtualLoop(start)
        loop._ready = _Ready(script)
        return loop

    for _ in range(most):
        yield perform(main, make_loop)
        if not script.advance():
            return
    raise AssertionError(f"more than {most} interleavings")
