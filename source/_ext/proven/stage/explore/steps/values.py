"""What the source says at a bytecode, and the value of that, looked up without any effect."""

from __future__ import annotations

import ast
import asyncio
import dis
import linecache
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

from proven.stage.explore.threads.locks import Named
from proven.stage.trace import escaped

CONTAINERS = (list, dict, set, bytearray)
"""What has parts that others may change."""

WAITED_FOR = (
    *(asyncio.Lock, asyncio.Semaphore, asyncio.Event, asyncio.Condition),
    *(asyncio.Queue, asyncio.Barrier, Named),
)
"""What actors wait for: told is what they do with it, never its value."""


@lru_cache(maxsize=4096)
def next_op(code: CodeType, offset: int) -> str:
    """Return the operation after the one at `offset`."""
    steps = [step for step in dis.get_instructions(code) if step.opname != "CACHE"]
    place = next(place for place, step in enumerate(steps) if step.offset == offset)
    return steps[place + 1].opname if place + 1 < len(steps) else ""


def asks(node: ast.expr | None) -> bool:
    """Tell whether it is a call of len: its answer can be looked up."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len"


@lru_cache(maxsize=4096)
def text_of(node: ast.expr) -> str:
    """Return the source of a node that `node_at` returned, which each run asks for again."""
    return ast.unparse(node)


def is_module(value: Any) -> bool:
    """Tell whether it is a module or what an explored program gets for one."""
    return type(value).__name__ in ("module", "StandIn")


def shown(value: Any) -> str:
    """Return a value as text, short and without an address."""
    text = escaped(repr(value))
    return text if len(text) <= 40 and " at 0x" not in text else type(value).__name__


@lru_cache
def _positions(code: CodeType) -> list[Any]:
    return list(code.co_positions())


@lru_cache(maxsize=4096)
def node_at(code: CodeType, offset: int) -> tuple[int, ast.expr | None]:
    """Return line and expression of the bytecode at `offset`; None if it isn't a simple one."""
    line, last, begin, end = _positions(code)[offset // 2]
    if line is None or line != last:
        return line or 0, None
    text = linecache.getline(code.co_filename, line).encode()[begin:end].decode()
    try:
        return line, ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return line, None


def value_of(node: ast.expr, frame: FrameType) -> tuple[bool, Any]:
    """Return whether `node` can be looked up without any effect, and its value."""
    try:
        if isinstance(node, ast.Constant):
            return True, node.value
        if isinstance(node, ast.Name):
            for space in (frame.f_locals, frame.f_globals):
                if node.id in space:
                    return True, space[node.id]
        elif isinstance(node, ast.Attribute):
            known, base = value_of(node.value, frame)
            return known, getattr(base, node.attr) if known else None
        elif isinstance(node, ast.Subscript):
            (known, base), (also, key) = value_of(node.value, frame), value_of(node.slice, frame)
            if known and also:
                return True, base[key]
        elif isinstance(node, ast.Call) and asks(node):
            known, thing = value_of(node.args[0], frame)
            if known and isinstance(thing, CONTAINERS):
                return True, len(thing)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            left, right = value_of(node.left, frame), value_of(node.comparators[0], frame)
            if left[0] and right[0]:
                return True, (left[1] in right[1]) == isinstance(node.ops[0], ast.In)
    except (AttributeError, KeyError, IndexError, TypeError):
        pass
    return False, None
