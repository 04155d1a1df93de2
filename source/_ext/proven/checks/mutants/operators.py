"""The small changes that a check of concurrent code must notice.

Each operator yields what it did, as OPERATORS names it, and the whole changed text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent, indent
from typing import NamedTuple

from proven.checks.mutants.text import Text, called, may_swap, parts

CALLS = frozenset(
    {"acquire", "cancel", "close", "join", "notify", "notify_all", "release", "set", "shutdown"}
    | {"start", "task_done", "uncancel", "wait"}
)
"""Methods whose call, as a statement of its own, is dropped."""

_WAITS = frozenset({"sleep", "join", "wait", "result", "get", "put", "acquire", "timeout"})
_GROUP = """\
class _Gathered:
    def __init__(self):
        self.tasks = []

    def create_task(self, coroutine, **options):
        self.tasks.append(asyncio.create_task(coroutine, **options))
        return self.tasks[-1]

    async def __aenter__(self):
        return self

    async def __aexit__(self, error, *_):
        if error is None:
            await asyncio.gather(*self.tasks)


"""
_UNHURT = """\
class _Gathered(asyncio.TaskGroup):
    def create_task(self, coroutine, **options):
        task = super().create_task(coroutine, **options)
        task.add_done_callback(self.check)
        return task

    def check(self, task):
        if task.cancelled() or task.exception():
            raise SystemExit("a child of the group failed")

    async def __aexit__(self, error, *rest):
        if error is not None:
            raise SystemExit("the body of the group failed")
        return await super().__aexit__(error, *rest)


"""


class Change(NamedTuple):
    """One change of a text.

    line: its number, from 1; operator, details: as a Mutation has them; source: the whole
    changed text; probe: another one, as a Mutant has it; at: the number of the line to look
    at, if it is another.
    """

    line: int
    operator: str
    details: tuple[str, ...]
    source: str
    probe: str = ""
    at: int = 0


def changes(text: Text, tree: ast.Module, statement: ast.stmt, *, timed: bool) -> Iterator[Change]:
    """Yield each change of the statement, but not of statements in it.

    tree: that of the whole text; timed: whether the seconds are shown.
    """
    yield from _of_blocks(text, statement)
    yield from _of_calls(text, statement)
    for node in parts(statement):
        if isinstance(node, ast.expr):
            yield from _of_expression(text, node)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield from _of_number(text, statement, node, timed=timed)
        if isinstance(node, ast.Call) and called(node) == "TaskGroup":
            place = text.starts[tree.body[-1].lineno - 1]
            changed, probe = (
                text.replaced((place, place, group), (*text.span(node), "_Gathered()"))
                for group in (_GROUP, _UNHURT)
            )
            yield Change(statement.lineno, "gather for a group", (), changed, probe)


def _of_blocks(text: Text, statement: ast.stmt) -> Iterator[Change]:
    """Drop a `with` that binds nothing; swap neighbours; take another type of exception."""
    line = statement.lineno
    if isinstance(statement, ast.With | ast.AsyncWith) and not any(
        item.optional_vars for item in statement.items
    ):
        begin, end = text.starts[statement.body[0].lineno - 1], text.lines(statement)[1]
        body = dedent(text.data[begin:end].decode())
        new = indent(body, " " * statement.col_offset)
        yield Change(line, "drop", ("with",), text.replaced((*text.lines(statement), new)))
    if not isinstance(statement, ast.ClassDef):
        for block in ("body", "orelse", "finalbody"):
            for first, second in pairwise(getattr(statement, block, [])):
                if may_swap(first, second):
                    yield _swapped(text, line, first, second)
    for handler in getattr(statement, "handlers", []):
        if handler.type:
            changed = text.replaced((*text.span(handler.type), "BufferError"))
            yield Change(line, "another type", (text.of(handler.type),), changed)
    if isinstance(statement, ast.Raise) and statement.exc:
        raised = statement.exc
        kind = raised.func if isinstance(raised, ast.Call) else raised
        changed = text.replaced((*text.span(kind), "BufferError"))
        yield Change(line, "another exception", (), changed)


def _swapped(text: Text, line: int, first: ast.stmt, second: ast.stmt) -> Change:
    (begin, middle), (next, end) = text.lines(first), text.lines(second)
    swapped = text.data[next:end] + text.data[middle:next] + text.data[begin:middle]
    one, other = (text.of(each).partition("\n")[0] for each in (first, second))
    changed = text.replaced((begin, end, swapped.decode()))
    return Change(line, "swap", (one, other), changed, at=first.lineno)


def _of_calls(text: Text, statement: ast.stmt) -> Iterator[Change]:
    """Drop a call that is a statement of its own; flip `thread.daemon = …`."""
    line = statement.lineno
    if isinstance(statement, ast.Expr):
        call = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            name = call.func.attr
            if name in CALLS:
                changed = text.replaced((*text.span(statement), "pass"))
                yield Change(line, "drop", (name,), changed)
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
        for value, new in _flipped(statement.value):
            changed = text.replaced((*text.span(value), new))
            yield Change(line, "flip", (statement.targets[0].attr,), changed)


def _of_number(
    text: Text, statement: ast.stmt, node: ast.Constant, *, timed: bool
) -> Iterator[Change]:
    """Take another number; how long something waits only if the seconds are shown."""
    waits = _is_wait(statement, node)
    if waits and not timed:
        return
    value, place = node.value, text.span(node)
    assert isinstance(value, int | float)
    new = repr(value * 2 or 1.0 if isinstance(value, float) else value + 1)
    probe = text.replaced((*place, "1_000_000")) if waits else ""
    details = (str(value), new)
    yield Change(node.lineno, "number", details, text.replaced((*place, new)), probe)


def _of_expression(text: Text, node: ast.expr) -> Iterator[Change]:
    def change(operator: str, new: str, *details: str) -> Change:
        return Change(node.lineno, operator, details, text.replaced((*text.span(node), new)))

    if isinstance(node, ast.Await):
        yield change("drop", text.of(node.value), "await")
        if isinstance(node.value, ast.Call) and called(node.value) == "gather":
            each = ", ".join(text.of(argument) for argument in node.value.args)
            if any(isinstance(argument, ast.GeneratorExp) for argument in node.value.args):
                each = f"({each})"
            yield change("gather in a row", f"[await _each for _each in ({each},)]")
    if isinstance(node, ast.Call):
        for word in node.keywords:
            for value, new in _flipped(word.value):
                begin, (start, end) = text.span(node)[0], text.span(value)
                old = text.data[begin : text.span(node)[1]]
                changed = old[: start - begin] + new.encode() + old[end - begin :]
                yield change("flip", changed.decode(), str(word.arg))
        if len(node.args) > 1 and all(isinstance(each, ast.Call) for each in node.args[:2]):
            yield change("swap arguments", _with_swapped_arguments(text, node))
        if called(node) == "suppress" and node.args:
            yield change("another exception", f"{text.of(node.func)}(BufferError)")


def _with_swapped_arguments(text: Text, call: ast.Call) -> str:
    one, other = call.args[:2]
    begin = text.span(call)[0]
    (start, middle), (next, end) = text.span(one), text.span(other)
    spans = ((begin, start), (next, end), (middle, next), (start, middle))
    rest = text.data[end : text.span(call)[1]]
    return (b"".join(text.data[first:last] for first, last in spans) + rest).decode()


def _flipped(node: ast.expr) -> Iterator[tuple[ast.Constant, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, str(not node.value)


def _is_wait(statement: ast.stmt, number: ast.Constant) -> bool:
    """Tell whether the number is how long something waits."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            if number in node.args and called(node) in _WAITS:
                return True
            if any(word.value is number and word.arg == "timeout" for word in node.keywords):
                return True
    return False
