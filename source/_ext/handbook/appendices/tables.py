"""One table: heads, widths and rows of cells, for every list that the build makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes


def table(
    heads: Sequence[str], widths: Sequence[int], rows: Iterable[nodes.row], *classes: str
) -> nodes.table:
    """Return a table; `widths` are shares of its width."""
    group = nodes.tgroup("", cols=len(heads))
    group += [nodes.colspec("", colwidth=width) for width in widths]
    group += nodes.thead("", row(*heads))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=list(classes))


def row(*cells: str | nodes.Node | list[nodes.Node], id: str = "") -> nodes.row:
    """Return a row; a list is a cell of several paragraphs."""
    entries = (
        nodes.entry("", *map(_paragraph, cell if isinstance(cell, list) else [cell]))
        for cell in cells
    )
    return nodes.row("", *entries, ids=[id] if id else [])


def _paragraph(content: str | nodes.Node) -> nodes.paragraph:
    text = nodes.Text(content) if isinstance(content, str) else content
    return nodes.paragraph("", "", text)
