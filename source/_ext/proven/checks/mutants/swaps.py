"""Which neighbours may be swapped: those whose order somebody could notice.

For example ``lock = Lock()`` only makes something, so before or after ``print("a")``
nobody can tell: no mutant.  ``print("a")`` and ``event.set()`` may be told apart.
"""

from __future__ import annotations

import ast

from proven.checks.mutants.text import called, is_text

_PLAIN = (
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.With),
    *(ast.AsyncWith, ast.If, ast.While, ast.Try, ast.TryStar, ast.Assert),
)
"""Statements that don't define or leave anything."""


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
