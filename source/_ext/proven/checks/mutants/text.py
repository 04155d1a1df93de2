"""A source as bytes, which is how ast counts columns, with edits by node.

And which neighbours may be swapped: those whose order somebody could notice.  ``lock = Lock()``
only makes something, so before or after ``print("a")`` nobody can tell: no mutant.  ``print("a")``
and ``event.set()`` may be told apart.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Where = Callable[[ast.stmt], bool]
"""Tells for a statement whether it and what is in it may change."""

_PLAIN = (
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.With),
    *(ast.AsyncWith, ast.If, ast.While, ast.Try, ast.TryStar, ast.Assert),
)
"""Statements that don't define or leave anything."""


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


def may_swap(first: ast.stmt, second: ast.stmt) -> bool:
    """Tell whether swapping makes another program that doesn't just lack a name."""
    if not (isinstance(first, _PLAIN) and isinstance(second, _PLAIN)):
        return False
    if any(isinstance(each, ast.Expr) and is_text(each.value) for each in (first, second)):
        return False
    if _stored(first) & _loaded(second):
        return False
    kinds = {_kind(first), _kind(second)}
    if kinds == {"keeps", "prints"}:
        return bool(_loaded(first) & _loaded(second))
    shared = _changed(first) & _loaded(second) | _loaded(first) & _changed(second)
    return kinds not in _IN_ANY_ORDER or bool(shared)


_MAKING = frozenset({"create_future", "get_running_loop", "set_exception_handler"})
_SCHEDULING = frozenset({"call_later", "create_task"})
_KEEPING = frozenset({"add", "add_done_callback", "append", "discard"})
_IN_ANY_ORDER = (
    # What only makes, keeps or schedules something commutes with what only prints or makes.
    *({"makes"}, {"makes", "keeps"}, {"makes", "schedules"}, {"makes", "prints"}),
    *({"makes", "start"}, {"keeps", "start"}, {"keeps", "schedules"}, {"schedules", "prints"}),
    # Threads may start and be joined in any order.
    *({"start"}, {"join"}),
)


def _kind(statement: ast.stmt) -> str:
    """Return what the statement does as far as its neighbour could notice without waiting."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr) or not statement.value:
        return "other"
    name = called(statement.value)
    if isinstance(statement, ast.Expr) and name in ("start", "join"):
        return name
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    names = {called(call) for call in calls}
    if "all_tasks" in names or any(isinstance(node, ast.Await) for node in ast.walk(statement)):
        return "other"
    if isinstance(statement, ast.Expr) and name == "print":
        return "prints"
    if "print" not in names and name in _SCHEDULING:
        return "schedules"
    if "print" not in names and name in _KEEPING:
        return "keeps"
    if isinstance(statement, ast.Expr) and name not in _MAKING:
        return "other"
    return "makes" if all(each[:1].isupper() or each in _MAKING for each in names) else "other"


def _stored(node: ast.AST) -> set[str]:
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _loaded(node: ast.AST) -> set[str]:
    """Return the names that are read, other than to change what they name."""
    owners = [id(target.value) for target in _targets(node)]
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and id(each) not in owners
    }


def _changed(node: ast.AST) -> set[str]:
    """Return the names of the objects of which an attribute or an item is assigned."""
    owners = (target.value for target in _targets(node))
    return {owner.id for owner in owners if isinstance(owner, ast.Name)}


def _targets(node: ast.AST) -> list[ast.Attribute | ast.Subscript]:
    return [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Subscript) and isinstance(each.ctx, ast.Store)
    ]
