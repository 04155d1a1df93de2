"""A Sphinx builder for printed books: the doctrees of any book become Typst, and that a PDF.

Bottom to top: ``words`` (strings by language, prose and strings as Typst writes them, the letters
that fonts have); ``about`` (what the title tells); ``page`` turns a page into markup; ``index``
knows the order of pages and lists where words stand; ``pdf`` typesets the parts of the book and
joins them; ``builder`` puts it all together.  ``book.typ`` holds everything about the looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PrintError(Exception):
    """What can't be printed; `place` is its file and line, if they are known."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem)
        self.place = place


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the builder and its settings."""
    from sphinx.config import ENUM

    from typst_book.builder import TypstBuilder

    app.add_builder(TypstBuilder)
    app.add_config_value("typst_variant", "screen", "", ENUM("screen", "book"))
    app.add_config_value("typst_appendices", [], "", list)
    app.add_config_value("typst_looks", [], "", list)
    app.add_config_value("typst_name", "book", "", str)
    return {"version": "1", "parallel_read_safe": True}
