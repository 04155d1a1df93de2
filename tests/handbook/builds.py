"""Builds small copies of the handbook, each in a fork of this process, which has Sphinx loaded.

Loading it takes longer than such a build.  Run by conftest: each line of stdin is a
build, {"root": …, "arguments": […]}; what it prints goes to the file `told` at its root,
and its exit code to stdout.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from sphinx.application import builtin_extensions
from sphinx.cmd.build import main

# Not the handbook: each copy has its own.
for module in (
    *builtin_extensions,
    *("sphinx.ext.doctest", "sphinx.ext.intersphinx", "sphinx.search.ru"),
    *("furo", "myst_parser.sphinx_", "pytest", "sphinx_copybutton", "typst"),
):
    import_module(module)


def build(root: str, arguments: list[str]) -> int:
    """Run sphinx-build at `root` in a fork and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.chdir(root)
    told = os.open("told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(told, 1)
    os.dup2(told, 2)
    sys.path.insert(0, os.path.join(root, "source", "_ext"))
    try:
        code = main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for line in sys.stdin:
        print(build(**json.loads(line)), flush=True)
