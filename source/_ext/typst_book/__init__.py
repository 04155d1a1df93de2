"""The print edition: a builder that writes Typst from the doctree and compiles it into a PDF.

``translator`` turns one page into Typst markup, ``builder`` puts the book
together, and ``book.typ`` holds everything about its looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the builder and its one setting."""
    from sphinx.config import ENUM

    from typst_book.builder import TypstBuilder

    app.add_builder(TypstBuilder)
    app.add_config_value("print_variant", "screen", "", ENUM("screen", "book"))
    return {"version": "1", "parallel_read_safe": True}
