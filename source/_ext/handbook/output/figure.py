"""A picture with its caption: a timeline, which a run gives, or a drawing, which none can give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

Kind = Literal["timeline", "drawing"]


class picture(nodes.General, nodes.Element):
    """A picture of some `kind`: `svg` for the site, `print` for paper, `alt` in words."""


def caption_of(directive: SphinxDirective, words: str) -> nodes.caption:
    """Return `words`, in the page's markup, as a caption."""
    inline, messages = directive.parse_inline(words)
    return nodes.caption("", "", *inline, *messages)


def figure_of(
    directive: SphinxDirective, kind: Kind, slug: str, caption: nodes.caption, **pictures: str
) -> nodes.figure:
    """Return the figure at the address `slug`; pictures: what a `picture` has but for its kind."""
    drawn = picture("", kind=kind, **pictures)
    figure = nodes.figure("", drawn, caption, classes=[kind], names=[slug])
    directive.state.document.note_explicit_target(figure, figure)
    for node in (drawn, caption, figure):
        directive.set_source_info(node)
    return figure


def visit_picture_html(self: HTML5Translator, node: picture) -> None:
    """Write the picture for the screen."""
    # A keyboard scrolls only what can have the focus.
    self.body.append(f'<div class="{node["kind"]}" tabindex="0">{node["svg"]}</div>')
    raise nodes.SkipNode


def visit_picture_typst(self: Any, node: picture) -> None:
    """Name the picture for paper: the print has a function for each kind."""
    drawn, words = self.string(self.visible(node["print"])), self.string(node["alt"])
    self.body.append(f"{node['kind']}({drawn}, alt: {words})")
    raise nodes.SkipNode
