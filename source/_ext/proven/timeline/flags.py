"""The lines that stand above a lane, arranged so that none runs into another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from proven.timeline.canvas import cut, width_of
from proven.timeline.lanes import Lane

STAIRS = 5
"""Rows of lines above a lane that are still easy to follow."""
_APART = 18
"""Pixels between two lines in a row: closer, they are read as one."""


@dataclass
class Flag:
    """The lines that a lane has at one place: the first on top, `row` is that of the last."""

    x: float
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    row: int = 0

    @property
    def top(self) -> int:
        return self.row + len(self.lines) - 1

    @property
    def right(self) -> float:
        return self.x + 6 + max(width_of(shown) for _kind, shown, _text in self.lines)


def flags_of(
    lane: Lane, end: tuple[float, str], letters: int, place: Callable[[float], float]
) -> list[Flag]:
    """Stand each place's lines above those of later places that they would run into.

    end: when the lane ended and what is written there; letters: of a line that are shown;
    place: turns a time into pixels.
    """
    flags: dict[float, Flag] = {}
    lines = [("line", *mark) for mark in lane.marks]
    if end[1]:
        lines.append(("end", *end))
    for kind, time, text in lines:
        flag = flags.setdefault(place(time), Flag(place(time)))
        flag.lines.append((kind, cut(text, letters), text))
    in_order = sorted(flags.values(), key=lambda flag: flag.x)
    for number, flag in reversed(list(enumerate(in_order))):
        below = [later for later in in_order[number + 1 :] if later.x < flag.right + 4]
        flag.row = max((later.top + 1 for later in below), default=0)
    if any(flag.top >= STAIRS for flag in in_order):
        _let_poles_pass_behind_lines(in_order)
    return in_order


def _let_poles_pass_behind_lines(in_order: list[Flag]) -> None:
    """Arrange the flags anew, each in the lowest row where its lines have room."""
    for number, flag in enumerate(in_order):
        beside = [other for other in in_order[:number] if flag.x < other.right + _APART]
        taken = {row for other in beside for row in range(other.row, other.top + 1)}
        flag.row = 0
        while taken & set(range(flag.row, flag.top + 1)):
            flag.row += 1
