"""A source as bytes, which is how ast counts columns, with edits by node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Where = Callable[[ast.stmt], bool]
"""Tells for a statement whether it and what is in it may change."""


@dataclass
class Text:
    """A source whose parts can be replaced, so that everything else keeps its line."""

    source: str
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.source.encode()
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Return where the node begins and ends, in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = self.starts[node.lineno - 1] + node.col_offset
        return begin, self.starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.stmt | ast.expr) -> str:
        """Return the node as it is written."""
        begin, end = self.span(node)
        return self.data[begin:end].decode()

    def lines(self, node: ast.stmt) -> tuple[int, int]:
        """Return the span of the node's whole lines."""
        return self.starts[node.lineno - 1], self.starts[node.end_lineno or node.lineno]

    def replaced(self, *edits: tuple[int, int, str]) -> str:
        """Return the source with other text in each span, (begin, end, text)."""
        data = self.data
        for begin, end, text in sorted(edits, reverse=True):
            data = data[:begin] + text.encode() + data[end:]
        return data.decode()


def statements(tree: ast.AST, where: Where) -> Iterator[ast.stmt]:
    """Yield the statements that may change, those in a statement after it."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt):
            if not where(child):
                continue
            yield child
        yield from statements(child, where)


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement but not those of statements in it, nor of f-strings."""
    for child in ast.iter_child_nodes(node):
        # Before 3.12 the columns of what stands in an f-string are wrong.
        if not isinstance(child, ast.stmt | ast.JoinedStr):
            yield child
            yield from parts(child)


def called(node: ast.AST) -> str:
    """Return the last name of what the node calls, "" if it is no call: wait of a.wait()."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def is_text(node: ast.AST) -> bool:
    """Tell whether the node is a string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
