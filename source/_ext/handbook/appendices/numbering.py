"""Numbers of figures, listings and tables, without unpickling every page of the book.

Sphinx's TocTreeCollector.assign_figure_numbers (sphinx/environment/collectors/toctree.py) walks the
doctrees of all pages at each build, whether or not anything changed.  Here each page leaves what it
numbers when it is read.  It can go when Sphinx does the same; an error tells if the method is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.environment.collectors.toctree import TocTreeCollector

from handbook.domain import Fault, handbook, reading_order, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_METHOD = "assign_figure_numbers"
by_sphinx = getattr(TocTreeCollector, _METHOD, None)
"""Sphinx's own method, to be compared with."""


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what the page numbers: kind and id, in its order."""
    standard = app.env.domains.standard_domain
    numbered = [
        (kind, node["ids"][0])
        for node in doctree.findall(nodes.Element)
        if isinstance(node, (nodes.figure, nodes.table, nodes.container)) and node["ids"]
        if standard.get_numfig_title(node) and (kind := standard.get_enumerable_node_type(node))
    ]
    if numbered:
        handbook(app.env).numbered[app.env.docname] = numbered


def assign(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Number everything in reading order; return the pages whose numbers changed."""
    before, last = env.toc_fignumbers, dict[str, int]()
    env.toc_fignumbers = {}
    for page in reading_order(env):
        for kind, id in handbook(env).numbered.get(page, ()):
            last[kind] = last.get(kind, 0) + 1
            env.toc_fignumbers.setdefault(page, {}).setdefault(kind, {})[id] = (last[kind],)
    return [page for page, numbers in env.toc_fignumbers.items() if numbers != before.get(page)]


def install() -> None:
    """Put `assign` in the place of Sphinx's method."""
    if by_sphinx is None:
        warn(Fault.REPAIR, f"TocTreeCollector has no {_METHOD} any more; see MAINTAINING.md", None)
    setattr(TocTreeCollector, _METHOD, assign)
