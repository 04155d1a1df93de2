"""The names that the text of a module uses, defines and takes from others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PACKAGES = ("proven", "handbook", "typst_book")
_DOTTED = re.compile(rf"\b(?:{'|'.join(_PACKAGES)})(?:\.\w+)+")
_IMPORTED = re.compile(rf"(?:\"|^\s*(?:from|import) )({_DOTTED.pattern})", re.M)
_FROM = re.compile(r"from ([\w.]+) import (?:\(([^)]*)\)|(.*))")


def used(text: str) -> set[str]:
    """Return the names in a text, and its strings, in which a fixture may be asked for."""
    nodes = list(ast.walk(ast.parse(text)))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.arg for node in nodes if isinstance(node, ast.arg)}
        | {node.name for node in nodes if isinstance(node, ast.alias)}
        | {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    )


def defined(text: str) -> set[str]:
    """Return the functions, classes and values that a module defines."""
    statements = ast.parse(text).body
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    values = [node for node in statements if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {node.name for node in statements if isinstance(node, kinds)} | {
        target.id
        for value in values
        for target in (value.targets if isinstance(value, ast.Assign) else [value.target])
        if isinstance(target, ast.Name)
    }


def taken(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each module that a text imports from, and the names that it takes."""
    for module, *parts in _FROM.findall(text):
        yield module, re.findall(r"\w+", " ".join(parts))


def modules(text: str, *, prose: bool) -> list[str]:
    """Return the modules of the machinery in a text, and what it takes from them, which may be.

    prose: whether those count, too, that it neither imports nor has at the begin of a string.
    """
    named = (_DOTTED if prose else _IMPORTED).findall(text)
    for module, parts in taken(text):
        named += [f"{module}.{part}" for part in parts]
    return [module for module in dict.fromkeys(named) if module.startswith(_PACKAGES)]
