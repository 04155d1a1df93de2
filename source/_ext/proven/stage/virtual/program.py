"""Runs a file as the main program."""

from __future__ import annotations

import ast
import atexit
import builtins
import gc
import importlib.machinery
import os
import re
import sys
import threading
import tokenize
import warnings
from collections.abc import Iterator
from io import BytesIO
from types import ModuleType
from typing import Any

from proven.stage.clock import Clock
from proven.stage.clock.cost import type_of
from proven.stage.clock.real import patched
from proven.stage.process.shared import frames
from proven.stage.watch import depth

_GONE = ("path", "argv", "path_hooks", "path_importer_cache", "meta_path")
"""What sys no longer has when Python lets the modules go (Python/pylifecycle.c)."""
TAKES = re.compile(r"#.*\btakes (\d+(?:\.\d+)?) (ms|s)\b")
"""A comment by which a line, or a whole function, takes virtual seconds of computing."""

_NAMES = re.compile(rb"\bdis\b|\bco_\w+")
"""By what a program sees which names its code uses."""


def run(path: str, clock: Clock) -> None:
    """Run the program at `path` in a new `__main__`; what it raises comes out."""
    main = ModuleType("__main__")
    main.__file__ = path
    main.__spec__ = None
    # As Python sets it in a module that it runs.
    main.__builtins__ = builtins  # type: ignore[attr-defined]
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    # The zygote was started as `python file.py`, too.
    if hasattr(sys.modules["__main__"], "__cached__"):
        vars(main)["__cached__"] = None
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.modules["__main__"] = main
    with open(path, "rb") as file:
        data = file.read()
    durations = dict(_durations(data))
    source: Any = data
    if durations or (b"type(" in data and not _NAMES.search(data)):
        # Python's own names: the program's are what it has written.
        vars(builtins).update(__takes__=clock.meter.takes, __type__=type_of)
        source = ast.parse(data, path)
        if not _rebinds_type(source):
            source = _Typing().visit(source)
        source = ast.fix_missing_locations(_Taking(durations).visit(source))
    code = compile(source, path, "exec", dont_inherit=True)
    depth.hide()
    exec(code, vars(main))


def _rebinds_type(tree: ast.AST) -> bool:
    return any(
        "type" in (getattr(node, "name", ""), getattr(node, "arg", ""), getattr(node, "asname", ""))
        or (isinstance(node, ast.Name) and node.id == "type" and type(node.ctx) is not ast.Load)
        for node in ast.walk(tree)
    )


class _Typing(ast.NodeTransformer):
    """Lets the program find that what it has read of a clock is a float."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("type") as name, [argument], []):
                name.id = "__type__" if not isinstance(argument, ast.Starred) else name.id
        return node


def _durations(source: bytes) -> Iterator[tuple[int, float]]:
    """Yield line and seconds of each comment that states a duration."""
    if b"takes" not in source:
        return
    try:
        for token in tokenize.tokenize(BytesIO(source).readline):
            if token.type == tokenize.COMMENT and (found := TAKES.search(token.string)):
                yield token.start[0], float(found[1]) / (1000 if found[2] == "ms" else 1)
    except (tokenize.TokenError, SyntaxError):
        return


class _Taking(ast.NodeTransformer):
    """Lets time pass before a statement, or where a function begins, if its line says so."""

    def __init__(self, durations: dict[int, float]) -> None:
        self._durations = durations

    def generic_visit(self, node: ast.AST) -> Any:
        super().generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if (line := node.body[0].lineno) and (
                taken := self._taken(range(node.lineno, max(line, node.lineno + 1)))
            ):
                first = isinstance(node.body[0], ast.Expr) and ast.get_docstring(node) is not None
                node.body.insert(int(first), self._call(taken, node.body[0]))
        elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
            assert node.end_lineno is not None
            if taken := self._taken(range(node.lineno, node.end_lineno + 1)):
                return [self._call(taken, node), node]
        return node

    def _taken(self, lines: range) -> float:
        return sum(self._durations.pop(line, 0.0) for line in lines)

    def _call(self, seconds: float, at: ast.AST) -> ast.stmt:
        call = ast.Call(ast.Name("__takes__", ast.Load()), [ast.Constant(seconds)], [])
        return ast.copy_location(ast.Expr(ast.copy_location(call, at)), at)


def kept(trace: Any) -> Any:
    """Return what of a traceback the exception keeps that ends Python.

    Until 3.11 that is up to the outermost frame that does something about it, as `finally` does.
    """
    while trace and sys.version_info < (3, 12) and not _handles(trace):
        trace = trace.tb_next
    return trace


def _handles(trace: Any) -> bool:
    import dis

    code = trace.tb_frame.f_code
    table: Any = dis._parse_exception_table(code)  # type: ignore[attr-defined]  # private
    return any(entry.start <= trace.tb_lasti < entry.end for entry in table)


def exit_code(stop: SystemExit) -> int:
    """Return the exit code that Python ends with, and print what it would print."""
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def told(error: BaseException, code: int) -> int:
    """Tell by sys.excepthook of `error`, which ends the program; return its exit code, or `code`.

    A hook that fails is told of, too, as Python does.
    """
    trace = frames.beyond(error.__traceback__)
    try:
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    except SystemExit as stop:
        return exit_code(stop)
    except BaseException as other:
        other.__context__ = None
        for title, one in (
            ("Error in sys.excepthook:", other),
            ("\nOriginal exception was:", error),
        ):
            own = frames.beyond(one.__traceback__)
            print(title, file=sys.stderr)
            sys.__excepthook__(type(one), one.with_traceback(own), own)
    return code


def end(path: str, loaded: set[str]) -> None:
    """Play the end of Python: threads, atexit, and what the modules hold.

    loaded: modules that aren't the program's.  Python takes away `open`, too, and so shows no line
    of a file that it hasn't shown before.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # private, so typeshed lacks it
    atexit._run_exitfuncs()
    # So does Python, before it takes anything away.
    gc.collect()
    own = (path, os.path.dirname(path) + os.sep)
    kept = {
        name: module
        for name, module in sys.modules.items()
        if (name in loaded and name != "__main__")
        or not (getattr(module, "__file__", None) or "").startswith(own)
    }
    opens = vars(builtins).pop("open")
    with patched((sys, name, None) for name in _GONE):
        sys.modules.clear()
        # In C it would count the stage's frames.
        sys.modules["warnings"] = warnings
        gc.collect()
        sys.modules.update(kept)
    builtins.open = opens
