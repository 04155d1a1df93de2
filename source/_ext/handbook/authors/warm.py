"""A process that has imported what a build needs: each build is made by a copy of it.

Half of a build in which one page changed is imports.  `make live` keeps such a process:
sphinx-autobuild's own one, which serves and watches, has threads and mustn't be copied, and starts
another for each build.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import proven
from sphinx.application import builtin_extensions
from sphinx.cmd.build import main as build

COLD = [sys.executable, "-m", "handbook"]
"""The command that builds without such a process."""

_MODULES = (
    *("furo", "myst_parser.sphinx_ext.main", "myst_parser.parsers.sphinx_"),
    *("sphinx.ext.doctest", "sphinx.ext.intersphinx", "sphinx_copybutton"),
    *("pygments.formatters.html", "pygments.lexers.python", "sphinx.search.ru"),
    *("proven.book", "proven.shown", "proven.timeline.drawing"),
    *("proven.stage.player", "proven.stage.explore.graph"),
    *("typst_book", "typst_book.builder"),
)
_CODE = [Path(folder).parent for folder in proven.__path__]


def ask(address: str, arguments: Sequence[str]) -> int:
    """Return the exit code of sphinx-build with `arguments`; OSError if nobody listens there."""
    with socket.socket(socket.AF_UNIX) as service:
        service.connect(address)
        service.sendall(json.dumps(list(arguments)).encode() + b"\n")
        return int(service.makefile().readline())


def serve(address: str) -> None:
    """Build for whoever asks at `address`, until the standard input ends."""
    for name in (*builtin_extensions, *_MODULES, *_rooms()):
        import_module(name)
    gc.disable()
    before = _stamps()
    with socket.socket(socket.AF_UNIX) as service:
        # Whoever sees the address may ask at once.
        part = Path(f"{address}.part")
        part.unlink(missing_ok=True)
        service.bind(str(part))
        service.listen()
        part.replace(address)
        while service in select.select([service, sys.stdin], [], [])[0]:
            with service.accept()[0] as client:
                arguments = json.loads(client.makefile().readline())
                is_current = _stamps() == before
                code = _copy(arguments) if is_current else _cold(arguments)
                client.sendall(b"%d\n" % code)
            if not is_current:
                # What was imported is out of date.
                os.execv(sys.executable, sys.orig_argv)


def _copy(arguments: list[str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        code = build(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _cold(arguments: list[str]) -> int:
    return subprocess.run([*COLD, *arguments], check=False).returncode


def _rooms() -> Iterator[str]:
    """Yield the names of the handbook's modules that a build imports."""
    for room in ("handbook.appendices", "handbook.output", "handbook.site"):
        yield room
        yield from (
            f"{room}.{module.name}" for module in iter_modules(import_module(room).__path__)
        )


def _stamps() -> list[tuple[str, int]]:
    files = (file for folder in _CODE for file in folder.rglob("*.py"))
    return sorted((str(file), file.stat().st_mtime_ns) for file in files)


if __name__ == "__main__":
    # Ctrl+C ends make live without a word of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    serve(sys.argv[1])
