"""Sheets: what a page has under its rubrics, to be printed alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from docutils import nodes


def sheets_of(doctree: nodes.document) -> Iterator[tuple[str, nodes.document]]:
    """Yield name and content of each sheet of a page.

    A rubric with the attribute `sheet`, its name, begins one; the next rubric ends it.
    """
    page = doctree.next_node(nodes.title)
    for rubric in doctree.findall(nodes.rubric):
        if "sheet" in rubric:
            assert page, "a page has a title"
            assert rubric.parent, "a rubric stands on a page"
            after = rubric.parent[rubric.parent.index(rubric) + 1 :]
            content = takewhile(lambda node: not isinstance(node, nodes.rubric), after)
            title = nodes.title("", f"{rubric.astext()}. {page.astext()}")
            sheet = doctree.copy()
            sheet += nodes.section("", title, *(node.deepcopy() for node in content))
            yield rubric["sheet"], sheet
