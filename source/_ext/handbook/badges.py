"""On which interpreters something holds, as small badges: «3.12+», «до 3.13», «без GIL»."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.claims import RANGES, Mark

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

_WORDS = {
    "since": ("{}+", "Верно с Python {}"),
    "before": ("до {}", "Верно только до Python {}, не включая эту версию"),
    "gil on": ("с GIL", "Верно в сборке с GIL"),
    "gil off": ("без GIL", "Верно в сборке без GIL"),
}
"""By range: the badge and what it means."""


def where(claim: Mark | None) -> tuple[tuple[str, str], ...]:
    """Return each (range, value) of a claim; what a version added holds since that version."""
    if not claim:
        return ()
    return (*claim.only, ("since", claim.added)) if claim.added else claim.only


class badge(nodes.Inline, nodes.TextElement):
    """A badge with its words as content; `means` says them in full."""


def words(only: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return badge and meaning for each (range, value) that a claim or an output has."""
    ordered = sorted(only, key=lambda one: RANGES.index(one[0]))
    wordings = ((_WORDS.get(key) or _WORDS[f"{key} {value}"], value) for key, value in ordered)
    return [(short.format(value), long.format(value)) for (short, long), value in wordings]


def badges(only: Iterable[tuple[str, str]]) -> list[badge]:
    """Return the nodes for each (range, value) that a claim or an output has."""
    return [badge("", short, means=long) for short, long in words(only)]


def visit_html(self: HTML5Translator, node: badge) -> None:
    """Open the badge."""
    self.body.append(f'<span class="badge" title="{node["means"]}">')


def depart_html(self: HTML5Translator, node: badge) -> None:
    """Close the badge."""
    self.body.append("</span> ")


def visit_typst(self: Any, node: badge) -> None:
    """Write the badge for paper."""
    self.body.append(f"#badge({self.string(node.astext())})")
    raise nodes.SkipNode
