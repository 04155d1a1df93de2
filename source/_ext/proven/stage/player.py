"""The stage plays a snippet and records what happened.

Snippets of asyncio are played in this process on a virtual clock; snippets that
use threads, processes or the operating system are played in a process of their
own with a deadline.  Which way it goes is read off what the snippet uses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Literal

from proven.stage.choice import why_real
from proven.stage.clock import Clock
from proven.stage.clock.names import shown as names_of_clocks
from proven.stage.process import play_in_process
from proven.stage.trace import NotVirtual, SnippetError, Trace
from proven.stage.virtual import DEADLINE, deadline, perform, play_virtually

__all__ = [
    "DEADLINE",
    "SnippetError",
    "is_virtual",
    "load",
    "names",
    "path_of",
    "perform",
    "perform_script",
    "play",
    "sharing",
    "sharing_scripts",
]


def folder() -> Path:
    """Return the folder of the snippets: `snippets` in the working directory or above it."""
    here = Path.cwd()
    return next(
        (up / "snippets" for up in (here, *here.parents) if (up / "snippets").is_dir()),
        here / "snippets",
    )


def path_of(name: str, snippets: Path | None = None) -> Path:
    """Return the file of snippet `name` ("tasks/gather_order"); SnippetError if there is none."""
    path = (snippets or folder()) / f"{name}.py"
    if not path.is_file():
        raise SnippetError(f"snippets/{name}.py: there is no such snippet")
    return path


def names(snippets: Path | None = None) -> list[str]:
    """Return the names of all snippets."""
    within = snippets or folder()
    files = sorted(within.rglob("*.py"))
    return [file.relative_to(within).with_suffix("").as_posix() for file in files]


def is_virtual(path: Path) -> bool:
    """Tell whether the snippet at `path` is pure asyncio, hence played on the virtual clock."""
    return not why_real(path)


def play(
    name: str,
    *,
    snippets: Path | None = None,
    clock: Literal["auto", "virtual", "real"] = "auto",
    ordered: bool = True,
    may_fail: bool = False,
    beside: str = "",
) -> Trace:
    """Play snippet `name` to its end and return its trace.

    snippets: their folder, if it isn't the one of the working directory;
    clock: virtual or real; auto takes the virtual one if the program uses nothing
    outside asyncio, and the real one if it then turns out that it does;
    ordered: whether moments of different threads and processes follow the order
    of their lines, or only what had to come before what;
    may_fail: return the trace of a program that fails or is stuck in a deadlock, too;
    beside: a second snippet, played in the same working folder: it starts first, and
    as soon as it has printed a line, `name` does; both have the real clock.
    Raises SnippetError if a snippet is missing, prints nothing, not even to stderr, or
    doesn't end, and if it fails, unless it may.
    """
    path = path_of(name, snippets)
    other = path_of(beside, snippets) if beside else None
    if _shared is None:
        return _play(name, path, clock, ordered, may_fail, other, beside)
    texts = [each.read_bytes() for each in (path, other) if each]
    key = (name, path, clock, ordered, may_fail, beside, *texts)
    if key not in _shared:
        _shared[key] = _play(name, path, clock, ordered, may_fail, other, beside)
    return _shared[key]


_shared: dict[tuple[object, ...], Trace] | None = None


@contextmanager
def sharing(traces: dict[tuple[object, ...], Trace]) -> Iterator[None]:
    """Play each program once within blocks with the same `traces`: who plays it again gets them."""
    global _shared
    _shared = traces
    try:
        yield
    finally:
        _shared = None


def _play(
    name: str,
    path: Path,
    clock: Literal["auto", "virtual", "real"],
    ordered: bool,
    may_fail: bool,
    other: Path | None,
    beside: str,
) -> Trace:
    trace, why = None, "it was asked for" if clock == "real" else ""
    if other:
        why = f"it is played beside {beside}"
    elif clock == "auto":
        why = why_real(path)
    if not why:
        try:
            trace = play_virtually(name, path)
        except NotVirtual as error:
            if clock == "virtual":
                raise
            why = str(error)
    if trace is None:
        trace = play_in_process(name, path, ordered, deadline(), other, why)
    if not may_fail:
        _refuse_failure(name, trace)
    if not (trace.events or trace.stderr) and not (may_fail and (trace.exit or trace.deadlock)):
        raise SnippetError(f"snippets/{name}.py: the snippet printed nothing")
    return trace


def _refuse_failure(name: str, trace: Trace) -> None:
    if trace.deadlock:
        waits = "\n".join(
            f'  File "snippets/{name}.py", line {wait.line}: {wait}' for wait in trace.deadlock
        )
        raise SnippetError(
            f"snippets/{name}.py: a deadlock, nobody can go on; if that is the point, "
            f"show it by :deadlock:\n{waits}"
        )
    if trace.exit:
        raise SnippetError(
            f"snippets/{name}.py: the snippet ended with exit code {trace.exit}; if that is "
            f"the point, say :exit: {trace.exit}\n{trace.stderr}"
        )


def load(name: str) -> SimpleNamespace:
    """Return what snippet `name` defines, without running its `main`.

    It may import its neighbours, as when it runs; they, too, are made anew.
    """
    # Here, as below: what the zygote has loaded each of its forks copies.
    import runpy

    path = path_of(name)
    # Names that it takes from time follow the play in which they are used.
    with names_of_clocks(Clock()), _beside(path.parent):
        return SimpleNamespace(**runpy.run_path(str(path), run_name="snippet"))


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let the modules of a folder be imported, and forget them afterwards."""
    neighbours = {file.stem for file in folder.glob("*.py")} - sys.modules.keys()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for module in neighbours & sys.modules.keys():
            del sys.modules[module]


def perform_script(code: str) -> Trace:
    """Run `code` as a program of its own and return its trace.

    It is a file of its own: processes that it starts may import it anew.
    Raises SnippetError if it hangs, ends with an exit code or prints nothing at all.
    """
    if _scripts is None:
        return _perform_script(code)
    if code not in _scripts:
        _scripts[code] = _perform_script(code)
    return _scripts[code]


_scripts: dict[str, Trace] | None = None


@contextmanager
def sharing_scripts() -> Iterator[None]:
    """Run each script once within the block: who runs the same text again gets its trace."""
    global _scripts
    _scripts = {}
    try:
        yield
    finally:
        _scripts = None


def _perform_script(code: str) -> Trace:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "script.py").write_text(dedent(code), encoding="utf-8")
        return play("script", snippets=Path(folder))
