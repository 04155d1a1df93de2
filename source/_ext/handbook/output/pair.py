"""A mistake and its cure side by side, with the lines that differ: on the site, below both."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

WRONG, RIGHT = "_broken", "_fixed"
"""How the names of a mistake and of its cure end."""
VERDICTS = {WRONG: ("wrong", "✗ Так не надо"), RIGHT: ("right", "✓ Так надо")}
"""How a snippet's name ends: its class, and what its caption says of it."""


class pair(nodes.General, nodes.Element):
    """Two programs: `wrong` and `right` are their texts, whole, though the page may show parts."""


AROUND = 3
"""Lines that are shown around those that differ."""
LEFT_OUT = "# …"


def beside(wrong: str, right: str) -> tuple[list[str], list[str], list[int], list[int]]:
    """Return the lines around what differs, and the numbers of those that do.

    Where one side has more lines, the other has blank ones.
    """
    lines, others = wrong.splitlines(), right.splitlines()
    here: list[str] = []
    there: list[str] = []
    changed: list[int] = []
    new: list[int] = []
    for group in SequenceMatcher(None, lines, others, False).get_grouped_opcodes(AROUND):
        if group[0][1]:
            here.append(LEFT_OUT)
            there.append(LEFT_OUT)
        for kind, start, end, other, stop in group:
            if kind != "equal":
                changed += range(len(here) + 1, len(here) + 1 + end - start)
                new += range(len(there) + 1, len(there) + 1 + stop - other)
            height = max(end - start, stop - other)
            here += [*lines[start:end], *[""] * (height - (end - start))]
            there += [*others[other:stop], *[""] * (height - (stop - other))]
    return here, there, changed, new


def twin(name: str) -> str:
    """Return the name of the mistake that snippet `name` cures; "" if it cures none."""
    return name.removesuffix(RIGHT) + WRONG if name.endswith(RIGHT) else ""


def visit_pair_html(self: HTML5Translator, node: pair) -> None:
    """Write both behind a fold; a reader's device has no room for it."""
    if self.builder.name == "html":
        here, there, changed, new = beside(node["wrong"], node["right"])
        sides = [(here, changed, *VERDICTS[WRONG]), (there, new, *VERDICTS[RIGHT])]
        self.body.append('<details class="pair"><summary>Сравнить обе программы</summary>\n<div>')
        for lines, marked, kind, verdict in sides:
            code = self.highlighter.highlight_block("\n".join(lines), "python", hl_lines=marked)
            self.body.append(f'<div class="{kind}"><p>{verdict}</p>{code}</div>')
        self.body.append("</div></details>\n")
    raise nodes.SkipNode


def visit_pair_typst(self: object, node: pair) -> None:
    """Leave it out: on paper both listings are in sight."""
    raise nodes.SkipNode
