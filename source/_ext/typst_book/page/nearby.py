"""What a node is, and what stands beside it."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

_UNSEEN = (nodes.comment, nodes.target, addnodes.index, nodes.substitution_definition)


def is_contents(node: nodes.Node) -> bool:
    """Tell whether it is the place of a toctree."""
    return isinstance(node, nodes.compound) and "toctree-wrapper" in node["classes"]


def is_short(node: nodes.Node) -> bool:
    """Tell whether it is a short answer."""
    return isinstance(node, nodes.admonition) and "short" in node["classes"]


def after(node: nodes.Node) -> nodes.Node | None:
    """Return what the reader sees next within the same parent."""
    following = node.next_node(descend=False, siblings=True)
    while isinstance(following, _UNSEEN):
        following = following.next_node(descend=False, siblings=True)
    return following


def tight(node: nodes.Element) -> str:
    """Return, as Typst has it, whether no item of the list holds more than one block."""
    return str(all(len(item.children) <= 1 for item in node.children)).lower()
