"""What both the tree of tags and that of bookmarks are made of: objects of a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pikepdf import Array, Dictionary


def only(kids: Any) -> Any:
    """Return the one element at a tree's root."""
    return kids[0] if isinstance(kids, Array) else kids


def children(element: Any) -> Iterable[Any]:
    """Return what stands right below a structure element."""
    kids = element.get("/K", Array())
    return list(kids) if isinstance(kids, Array) else [kids]


def elements(root: Any) -> Iterator[Any]:
    """Yield all structure elements below `root`."""
    waiting = list(children(root))
    while waiting:
        node = waiting.pop()
        if isinstance(node, Dictionary) and "/S" in node:
            yield node
            waiting += children(node)


def numbers(tree: Any) -> list[Any]:
    """Return keys and values of the tree from content to tags; an empty page has none."""
    return list(tree.ParentTree.Nums) if "/ParentTree" in tree else []


def siblings(outlines: Any) -> Iterator[Any]:
    """Yield the bookmarks of the first level."""
    bookmark = outlines.get("/First")
    while bookmark is not None:
        following = bookmark.get("/Next")
        yield bookmark
        bookmark = following


def next_key(numbers: Sequence[Any]) -> int:
    """Return the first key that the tree with these keys and values doesn't use."""
    return max((int(key) for key in numbers[::2]), default=-1) + 1
