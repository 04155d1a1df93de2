"""Chooses the clock of a play by what the program uses."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

_REAL = (
    "threading.*",
    "_thread.*",
    "multiprocessing.*",
    "subprocess.*",
    "concurrent.*",
    "queue.*",
    "socket.*",
    "socketserver.*",
    "select.*",
    "selectors.*",
    "ctypes.*",
    "faulthandler.*",
    "marshal.*",  # knows floats only, no readings of the virtual clock
    "asyncio.create_subprocess_*",
    "signal.[a-z]*",
    *(f"os.{name}" for name in ("fork*", "exec*", "spawn*", "posix_spawn*", "popen", "system")),
    *(f"os.{name}" for name in ("kill*", "wait*", "pipe*", "dup*", "read", "write", "_exit")),
    *(f"os.{name}" for name in ("abort", "sched_*", "setsid", "openpty", "times")),
)
"""What acts outside Python's own clock, as dotted names."""

_HARMLESS = (
    "threading",
    "threading.current_thread",
    "threading.main_thread",
    "threading.get_ident",
    "concurrent",
    "concurrent.futures",
    "concurrent.futures.CancelledError",
    "concurrent.futures.TimeoutError",
)
"""What those modules have that only tells something."""

_ATTRIBUTES = (
    *("subprocess_exec", "subprocess_shell", "add_signal_handler"),
    *("st_[acm]time*", "st_birthtime*", "get[acm]time"),
)
"""What acts outside by whatever name it is reached: methods of a loop, times of files."""


def why_real(path: Path) -> str:
    """Return why the program at `path` needs the real clock; "" if it may have the virtual one.

    A program that doesn't parse needs it: Python tells what is wrong.
    """
    return _why_real(path.read_bytes())


@lru_cache(1024)  # Each play asks, and whoever plans one.
def _why_real(source: bytes) -> str:
    try:
        with warnings.catch_warnings(action="ignore"):
            # Who plays it tells them.
            tree = ast.parse(source)
    except SyntaxError:
        return "it is no valid Python"
    used = list(_used(tree))
    if not any(name == "asyncio" or name.startswith("asyncio.") for _, name in used):
        return "it doesn't use asyncio"
    for line, name in used:
        outside = name.startswith(".") or any(fnmatchcase(name, real) for real in _REAL)
        if outside and name not in _HARMLESS:
            return f"line {line} uses {name}"
    return ""


def _used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of what the program imports or takes from what it imported."""
    modules = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                modules[alias.asname or module] = module
                yield node.lineno, module
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                modules[alias.asname or alias.name] = name = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.x" if alias.name == "*" else name
    for node in nodes:
        if isinstance(node, ast.Attribute):
            if any(fnmatchcase(node.attr, outside) for outside in _ATTRIBUTES):
                yield node.lineno, f".{node.attr}"
            elif name := _dotted(node, modules):
                yield node.lineno, name


def _dotted(node: ast.expr, modules: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return modules.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value, modules)):
        return f"{owner}.{node.attr}"
    return ""
