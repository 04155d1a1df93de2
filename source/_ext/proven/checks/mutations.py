"""The small changes that a check of concurrent code must notice.

`mutations(source)` yields a changed copy of a snippet for each place where one of
the operators below applies.  It changes text, not the tree, so that everything
else keeps its line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import dedent, indent

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


@dataclass(frozen=True)
class Mutation:
    """A changed copy: what was done in which line, and the whole changed text.

    probe: a copy that somebody would notice if the change could matter.  For a changed
    wait it waits ever so long: unnoticed, something cuts the wait short, whatever its
    length.  For gather in a group's place it fails if a child does: unnoticed, none does,
    and then both do the same.
    """

    label: str
    line: int
    source: str
    probe: str = ""


@dataclass
class _Text:
    """A source as bytes, which is how ast counts columns, with edits by node."""

    source: str
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.source.encode()
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        begin = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return begin, end

    def of(self, node: ast.AST) -> str:
        begin, end = self.span(node)
        return self.data[begin:end].decode()

    def lines(self, node: ast.stmt) -> tuple[int, int]:
        """Return the span of the node's whole lines."""
        return self.starts[node.lineno - 1], self.starts[node.end_lineno or node.lineno]

    def replaced(self, *edits: tuple[int, int, str]) -> str:
        data = self.data
        for begin, end, text in sorted(edits, reverse=True):
            data = data[:begin] + text.encode() + data[end:]
        return data.decode()


def mutations(
    source: str, *, timed: bool, where: Callable[[ast.AST], bool] = lambda node: True
) -> Iterator[Mutation]:
    """Yield every mutation of `source` that is another program, in the order of its lines.

    timed: whether the seconds are shown; if not, how long something waits isn't
    changed.  where: tells for a statement whether it and what is in it may change.
    """
    text, tree = _Text(source), ast.parse(source)
    seen: dict[str, int] = {}
    found = sorted(
        (
            (line, operator, changed, probe)
            for statement in _statements(tree, where)
            for line, operator, changed, probe in _changes(text, tree, statement, timed)
        ),
        key=lambda each: each[:2],
    )
    lines = source.splitlines()
    for line, operator, changed, probe in found:
        label = f"{operator}: {lines[line - 1].strip()}"
        seen[label] = seen.get(label, 0) + 1
        if changed != source and _compiles(changed):
            count = f" #{seen[label]}" if seen[label] > 1 else ""
            yield Mutation(label + count, line, changed, probe)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _statements(tree: ast.AST, where: Callable[[ast.AST], bool]) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt):
            if not where(child):
                continue
            yield child
        yield from _statements(child, where)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement but not those of statements in it, nor of f-strings."""
    for child in ast.iter_child_nodes(node):
        # Before 3.12 the columns of what stands in an f-string are wrong.
        if not isinstance(child, ast.stmt | ast.JoinedStr):
            yield child
            yield from _own(child)


def _changes(
    text: _Text, tree: ast.Module, statement: ast.stmt, timed: bool
) -> Iterator[tuple[int, str, str, str]]:
    """Yield line, operator, the changed text and the probe, for each change."""
    for operator, changed in [*_of_blocks(text, statement), *_of_calls(text, statement)]:
        yield statement.lineno, operator, changed, ""
    for node in _own(statement):
        for operator, new in _of_expression(text, node):
            changed = text.replaced((*text.span(node), new))
            yield node.lineno, operator, changed, ""  # type: ignore[attr-defined]
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            waits = _is_wait(statement, node)
            if waits and not timed:
                continue
            value, place = node.value, text.span(node)
            new = repr(value * 2 or 1.0 if isinstance(value, float) else value + 1)
            probe = text.replaced((*place, "1_000_000")) if waits else ""
            changed = text.replaced((*place, new))
            yield node.lineno, f"number {value} → {new}", changed, probe
        if _called(node) == "TaskGroup":
            place = text.starts[tree.body[-1].lineno - 1]
            changed, probe = (
                text.replaced((place, place, group), (*text.span(node), "_Gathered()"))
                for group in (_GROUP, _UNHURT)
            )
            yield statement.lineno, "TaskGroup → gather", changed, probe


def _of_blocks(text: _Text, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Drop a `with` that binds nothing; swap neighbours; take another type of exception."""
    if isinstance(statement, ast.With | ast.AsyncWith) and not any(
        item.optional_vars for item in statement.items
    ):
        begin, end = text.starts[statement.body[0].lineno - 1], text.lines(statement)[1]
        body = dedent(text.data[begin:end].decode())
        new = indent(body, " " * statement.col_offset)
        yield "drop with", text.replaced((*text.lines(statement), new))
    if not isinstance(statement, ast.ClassDef):
        for block in ("body", "orelse", "finalbody"):
            for first, second in pairwise(getattr(statement, block, [])):
                if _may_swap(first, second):
                    (begin, middle), (next, end) = text.lines(first), text.lines(second)
                    swapped = text.data[next:end] + text.data[middle:next] + text.data[begin:middle]
                    one, other = (text.of(each).partition("\n")[0] for each in (first, second))
                    yield (
                        f"swap «{one}» and «{other}»",
                        text.replaced((begin, end, swapped.decode())),
                    )
    for handler in getattr(statement, "handlers", []):
        if handler.type:
            yield (
                f"another than {text.of(handler.type)}",
                text.replaced((*text.span(handler.type), "BufferError")),
            )
    if isinstance(statement, ast.Raise) and statement.exc:
        raised = statement.exc
        kind = raised.func if isinstance(raised, ast.Call) else raised
        yield "another exception", text.replaced((*text.span(kind), "BufferError"))


def _of_calls(text: _Text, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Drop a call that is a statement of its own; flip `thread.daemon = …`."""
    if isinstance(statement, ast.Expr):
        call = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            edit = (*text.span(statement), "pass")
            yield from ((f"drop {name}", text.replaced(edit)) for name in CALLS & {call.func.attr})
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
        yield from (
            (f"flip {statement.targets[0].attr}", text.replaced((*text.span(value), new)))
            for value, new in _flipped(statement.value)
        )


def _of_expression(text: _Text, node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Await):
        yield "drop await", text.of(node.value)
        if _called(node.value) == "gather":
            assert isinstance(node.value, ast.Call)
            each = ", ".join(text.of(argument) for argument in node.value.args)
            if any(isinstance(argument, ast.GeneratorExp) for argument in node.value.args):
                each = f"({each})"
            yield "gather → in a row", f"[await _each for _each in ({each},)]"
    if isinstance(node, ast.Call):
        for word in node.keywords:
            for value, new in _flipped(word.value):
                begin, (start, end) = text.span(node)[0], text.span(value)
                old = text.data[begin : text.span(node)[1]]
                changed = old[: start - begin] + new.encode() + old[end - begin :]
                yield f"flip {word.arg}", changed.decode()
        if len(node.args) > 1 and all(isinstance(each, ast.Call) for each in node.args[:2]):
            one, other = node.args[:2]
            begin = text.span(node)[0]
            (start, middle), (next, end) = text.span(one), text.span(other)
            parts = ((begin, start), (next, end), (middle, next), (start, middle))
            rest = text.data[end : text.span(node)[1]]
            swapped = b"".join(text.data[first:last] for first, last in parts) + rest
            yield "swap arguments", swapped.decode()
        if _called(node) == "suppress" and node.args:
            yield "another exception", f"{text.of(node.func)}(BufferError)"


def _flipped(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, str(not node.value)


def in_strings(
    source: str, *, where: Callable[[ast.AST], bool] = lambda node: True
) -> Iterator[Mutation]:
    """Yield mutations of the programs that `source` keeps as strings of several lines."""
    text, tree = _Text(source), ast.parse(source)
    for statement in _statements(tree, where):
        for node in _own(statement):
            if not (isinstance(node, ast.Constant) and _is_text(node) and "\n" in node.value):
                continue
            try:
                inner = list(mutations(dedent(node.value), timed=True))
            except SyntaxError:
                continue
            for each in inner:
                changed = text.replaced((*text.span(node), repr(each.source)))
                yield Mutation(each.label, node.lineno + each.line, changed)


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_wait(statement: ast.stmt, number: ast.Constant) -> bool:
    """Tell whether the number is how long something waits."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            if number in node.args and _called(node) in _WAITS:
                return True
            if any(word.value is number and word.arg == "timeout" for word in node.keywords):
                return True
    return False


def _may_swap(first: ast.stmt, second: ast.stmt) -> bool:
    """Tell whether swapping makes another program that doesn't just lack a name."""
    plain = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.With)
    plain += (ast.AsyncWith, ast.If, ast.While, ast.Try, ast.TryStar, ast.Assert)
    if not (isinstance(first, plain) and isinstance(second, plain)):
        return False
    if any(isinstance(each, ast.Expr) and _is_text(each.value) for each in (first, second)):
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
    own = _called(statement.value)
    if isinstance(statement, ast.Expr) and own in ("start", "join"):
        return own
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    called = {_called(call) for call in calls}
    if "all_tasks" in called or any(isinstance(node, ast.Await) for node in ast.walk(statement)):
        return "other"
    if isinstance(statement, ast.Expr) and own == "print":
        return "prints"
    if "print" not in called and own in _SCHEDULING:
        return "schedules"
    if "print" not in called and own in _KEEPING:
        return "keeps"
    if isinstance(statement, ast.Expr) and own not in _MAKING:
        return "other"
    return "makes" if all(name[:1].isupper() or name in _MAKING for name in called) else "other"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


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
