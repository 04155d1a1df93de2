"""Time in pixels: the scale on which the lines of all lanes have room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proven.timeline.canvas import cut, width_of
from proven.timeline.words import number

_LETTERS = (44, 34, 26, 20, 15)  # of a line that are shown, as the room allows


@dataclass
class Scale:
    """Turns times into pixels between `left` and `right`.

    length: the last time; timed: whether times are seconds; per_unit: pixels for each;
    letters: how many of a line are shown; cut: lines that have more.
    """

    left: float
    right: float
    length: float
    timed: bool
    per_unit: float = 1.0
    letters: int = _LETTERS[0]
    cut: int = 0

    def fit(self, lanes: list[list[tuple[float, str]]]) -> None:
        """Find the scale at which no line passes the right edge.

        lanes: for each its lines with their times, the last of which is its ending or "".
        """
        room = self.right - self.left
        lines = [line for lane in lanes for line in lane if line[1]]
        for self.letters in _LETTERS:
            ends = [(time, width_of(cut(text, self.letters)) + 2) for time, text in lines]
            scales = [(room - width) / time for time, width in ends if time > 0]
            self.per_unit = min([room / self.length, *scales])
            if self.per_unit * self.length >= 0.45 * room:
                break
        self.per_unit = max(self.per_unit, 0.3 * room / self.length)
        self.cut = sum(len(text) > self.letters for lane in lanes for _, text in lane[:-1])

    def x(self, time: float) -> float:
        """Return where `time` lies."""
        return round(self.left + time * self.per_unit, 1)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield place and text of each tick of the axis; none where times are no seconds."""
        if not self.timed:
            return
        steps = [unit * 10.0**power for power in range(-3, 6) for unit in (1, 2, 5)]
        step = next(step for step in steps if step * self.per_unit >= 44)
        for count in range(int(self.length / step + 1e-9) + 1):
            yield self.x(count * step), number(count * step)
