"""Fingerprints of texts, and what of a helper's text counts for who uses it."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

_IMPORT = re.compile(
    r"^[ ]*from (?P<module>(?:handbook|proven|tests)[\w.]*) import (?:\([^)]*\)|.*)$\n?", re.M
)
"""An import of the machinery's or of a helper that proofs share."""


def fingerprint(*texts: str) -> str:
    """Return twelve hexadecimal digits: blank lines and the wrapping of a sentence change nothing.

    Neither does where helpers live, as imports of them don't count: what they say must be
    among the texts, see `helpers_in` and `used`.
    """
    return hashlib.sha256("\n".join(map(_normal, texts)).encode()).hexdigest()[:12]


def both(
    sentences: Mapping[str, Iterable[str]], proof_of: Callable[[str], str], shared: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return the fingerprints of claims, sentence and proof, and of their proofs alone.

    shared: the texts on which all these proofs depend.
    """
    proofs = {id: (proof_of(id), *shared) for id in sentences}
    return {
        id: (fingerprint(*sentence, *proofs[id]), fingerprint(*proofs[id]))
        for id, sentence in sentences.items()
    }


@lru_cache(None)
def _normal(text: str) -> str:
    return "\n".join(filter(None, map(str.rstrip, _IMPORT.sub("", text).splitlines())))


def helpers_in(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each file that `text` imports helpers from, relative to the book's root, and which.

    Those of the machinery, which are elsewhere, come along: there is no such file.
    """
    for match in _IMPORT.finditer(text):
        yield match["module"].replace(".", "/") + ".py", _imported(match[0].strip())


@lru_cache(None)
def _imported(line: str) -> frozenset[str]:
    (statement,) = ast.parse(line).body
    assert isinstance(statement, ast.ImportFrom)
    return frozenset(alias.name for alias in statement.names)


@lru_cache(None)
def used(source: str, names: frozenset[str]) -> str:
    """Return what of a module its users get who import `names`: those and what they need of it."""
    if "*" in names:
        return source
    statements = _statements(source)
    needed = [False] * len(statements)
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        for place, statement in enumerate(statements):
            if name in statement.bound and not needed[place]:
                needed[place] = True
                waiting |= statement.names
    return "\n".join(
        statement.text for statement, yes in zip(statements, needed, strict=True) if yes
    )


class _Statement(NamedTuple):
    bound: set[str]
    names: set[str]
    text: str


@lru_cache(None)
def _statements(source: str) -> list[_Statement]:
    """Return what each statement of a module binds and needs, and how it is written."""
    return [
        _Statement(_bound(each), _names(each), _text(source, each))
        for each in ast.parse(source).body
    ]


def _text(source: str, statement: ast.stmt) -> str:
    """Return a statement as it is written, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    return "\n".join(source.splitlines()[first - 1 : statement.end_lineno])


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a module defines, changes or imports."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Assign):
        return {name for target in statement.targets for name in _names(target)}
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return _names(statement.target)
    return _names(statement)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
