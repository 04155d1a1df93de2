"""Proofs that prove nothing: they aren't run, or whatever they run, they pass.

A proof whose name pytest doesn't know, or that a conftest.py takes out, would pass by not being
there: the pytest plugin here fails for each.  Who leaves tests out by pytest's options, or tells
pytest so, may do it.
"""

from __future__ import annotations

import ast
import builtins
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from proven.checks import ids_of
from proven.claims import VERBS, Mark, proofs_in

_MODULES: set[Path] = set()
_LEFT_OUT: set[str] = set()
_ID = re.compile(rf"^ *@pytest\.mark\.(?:{'|'.join(VERBS)})\(\s*\"([\w-]+)\"", re.M)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Note from which files tests are collected."""
    if isinstance(collector, pytest.Module):
        _MODULES.add(collector.path)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note the proofs that somebody left out and said so."""
    _LEFT_OUT.update(*map(ids_of, items))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Iterator[Any]:
    """Let a test fail for each proof of these files that isn't among the tests in the end."""
    result = yield
    if not any("::" in argument for argument in config.args):
        there = _LEFT_OUT.union(*map(ids_of, items))
        for path in sorted(_MODULES):
            text = path.read_text(encoding="utf-8")
            if there.issuperset(_ID.findall(text)):
                continue
            name = os.path.relpath(path, config.rootpath)
            for proof in proofs_in({name: text}):
                if proof.id not in there:
                    nodeid = f"{name}::{proof.id}"
                    missing = _NeverRun.from_parent(session, name=proof.id, nodeid=nodeid)
                    missing.fault = (
                        f"{proof.place}: the proof of {proof.id} is never run: pytest doesn't "
                        "collect it, or somebody takes it out"
                    )
                    items.append(missing)
    return result


class _NeverRun(pytest.Item):
    """Fails in the place of a proof."""

    fault = ""

    def runtest(self) -> None:
        pytest.fail(self.fault, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def empty(proofs: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    """Yield each proof with an assertion that can't fail, may be missed, or is about nothing."""
    for proof in proofs:
        (function,) = ast.parse(dedent(proof.text)).body
        nodes = list(ast.walk(function))
        asserted = [node.test for node in nodes if isinstance(node, ast.Assert)]
        if any(map(_cannot_fail, asserted)):
            yield proof, f"proof {proof.id!r}: an assertion that can't fail: assert what is said"
        elif any(map(_hides, nodes)):
            yield proof, f"proof {proof.id!r}: an assertion whose failure is caught: let it fail"
        elif _returns_first(function):
            yield proof, f"proof {proof.id!r}: it may return before it asserts: let it go on"
        elif asserted and not _runs_anything(nodes[1:]):
            yield proof, f"proof {proof.id!r}: nothing runs that it could be about"


def _cannot_fail(test: ast.expr) -> bool:
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple():
            return True
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(_cannot_fail, values))
        case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return isinstance(right, ast.Name) and right.id == left
    return bool(_NO_LENGTH.fullmatch(ast.unparse(test)))


_NO_LENGTH = re.compile(r"len\(.*\) (?:>= 0|> -1)")
_WIDE = re.compile(r"\b(?:AssertionError|(?:Base)?Exception)\b")


def _hides(node: ast.AST) -> bool:
    match node:
        case ast.With(items=items):
            caught = " ".join(text for text in map(ast.unparse, items) if "suppress(" in text)
        case ast.Try(handlers=handlers):
            caught = " ".join(
                ast.unparse(each.type) if each.type else "Exception" for each in handlers
            )
        case _:
            return False
    inside = (each for statement in node.body for each in ast.walk(statement))
    return bool(_WIDE.search(caught)) and any(isinstance(each, ast.Assert) for each in inside)


def _returns_first(function: ast.stmt) -> bool:
    """Tell whether it may return before anything is asserted."""
    for node in sorted(_own(function), key=lambda each: getattr(each, "lineno", 0)):
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.With) and "pytest.raises(" in ast.unparse(node.items[0])
        ):
            return False
        if isinstance(node, ast.Return):
            return True
    return False


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, but not in those within it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)


def _runs_anything(nodes: Sequence[ast.AST]) -> bool:
    """Tell whether there is a name from elsewhere, a parameter or a function."""
    own = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.arg
    names = [node for node in nodes if isinstance(node, ast.Name)]
    made = {name.id for name in names if isinstance(name.ctx, ast.Store)}.union(dir(builtins))
    elsewhere = {name.id for name in names} - made - {"pytest"}
    return bool(elsewhere) or any(isinstance(node, own) for node in nodes)
