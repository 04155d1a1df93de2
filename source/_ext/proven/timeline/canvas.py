"""An SVG that is written piece by piece, with the looks of each kind of piece."""

from __future__ import annotations

from html import escape
from typing import Literal
from unicodedata import east_asian_width

Theme = Literal["page", "print"]
"""On a page the style sheet gives the colours, in print each piece carries its grey."""

PITCH = 7.23  # of a letter of DejaVu Sans Mono at 12 px

GREYS = {
    "grid": 'stroke="#ccc" stroke-width=".6"',
    "axis": 'stroke="#555" stroke-width=".8"',
    "small": 'fill="#444" font-size="11"',
    "label": 'fill="#000" font-weight="bold"',
    "line": 'fill="#000" stroke="#fff" stroke-width="3" paint-order="stroke"',
    "end": 'fill="#000" font-style="italic" stroke="#fff" stroke-width="3" paint-order="stroke"',
    "pole": 'stroke="#000" stroke-width=".8"',
    "mark": 'fill="#000"',
    "works": 'fill="#222"',
    "waits": 'fill="#999"',
    "hosts": 'fill="#ddd"',
    "queues": 'fill="none" stroke="#222" stroke-width="2" stroke-dasharray="2 3"',
    "ready": 'fill="#fff" stroke="#222" stroke-width="1" stroke-dasharray="3 2"',
    "holds": 'fill="#ccc" stroke="#555" stroke-width="1"',
    "created": 'fill="none" stroke="#888" stroke-width="1"',
    "wakes": 'fill="none" stroke="#333" stroke-width="1"',
    "cancels": 'fill="none" stroke="#000" stroke-width="1.2" stroke-dasharray="5 2"',
    "head created": 'fill="#888"',
    "head wakes": 'fill="#333"',
    "head cancels": 'fill="#000"',
    "cap": 'stroke="#222" stroke-width="2"',
    "cut": 'stroke="#000" stroke-width="2.5"',
    "cross": 'stroke="#000" stroke-width="2" fill="none"',
}


class Canvas:
    """The pieces drawn so far; later ones lie above earlier ones."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.pieces: list[str] = []

    def line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a line."""
        at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self.pieces.append(f"<line {at} {self._look(kind)}/>")

    def path(self, kind: str, points: str) -> None:
        """Draw a path, given in SVG's own letters."""
        self.pieces.append(f'<path d="{points}" {self._look(kind)}/>')

    def dot(self, kind: str, x: float, y: float) -> None:
        """Draw a dot."""
        dot = f'cx="{x:.1f}" cy="{y:.1f}" r="2.5"'
        self.pieces.append(f"<circle {dot} {self._look(kind)}/>")

    def bar(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        """Draw a rectangle whose left side has its middle at (x, y)."""
        self.pieces.append(
            f'<rect x="{x:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
            f'height="{height:g}" {self._look(kind)}/>'
        )

    def text(
        self, kind: str, x: float, y: float, shown: str, full: str = "", *, middle: bool = False
    ) -> None:
        """Write `shown`; full: what it was cut from, which is told to a pointer that rests on it.

        middle: whether (x, y) is its middle, not its beginning.
        """
        if not shown:
            return
        cut = full not in ("", shown) and self.theme == "page"
        whole = f"<title>{escape(full)}</title>" if cut else ""
        anchor = ' text-anchor="middle"' if middle else ""
        at = f'x="{x:.1f}" y="{y:.1f}"{anchor}'
        self.pieces.append(f"<text {at} {self._look(kind)}>{escape(shown)}{whole}</text>")

    def _look(self, kind: str) -> str:
        return GREYS[kind] if self.theme == "print" else f'class="{kind}"'


def width_of(text: str) -> float:
    """Return how many pixels `text` takes."""
    return PITCH * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text: str, letters: int) -> str:
    """Return `text` on one line, with an ellipsis if it is longer than that."""
    text = " ".join(text.split())
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def cut_name(name: str, letters: int) -> str:
    """Return `name` without the functions that it is defined in; of a long one, the end.

    Names of one family, as those of the threads of a pool, differ at the end.
    """
    own = name.rpartition("<locals>.")[2]
    return own if len(own) <= letters else "…" + own[1 - letters :]
