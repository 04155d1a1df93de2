"""The commands that check a book and write what they find: `python -m proven.checks.NAME`.

``evidence`` runs all on other interpreters, ``mutants`` changes each snippet, ``reached`` asks
for lines that no check reaches, ``stress`` runs the tests shuffled on a busy machine, ``accept``
rewrites the outputs in the pages, ``hollow`` looks for proofs that can't fail; ``unchanged`` and
``passed`` are plugins of pytest's.

Bottom to top: ``unchanged`` tells on what a file of tests hangs; ``stress`` counts its runs so.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import proven
from proven.book import Book, remembered
from proven.claims import VERBS

if TYPE_CHECKING:
    import pytest  # who only needs a parser needn't load it


def parser(name: str, description: str | None) -> ArgumentParser:
    """Return the parser of the command proven.checks.`name`, for `parse`."""
    return ArgumentParser(prog=f"proven.checks.{name}", description=description)


def parse(parser: ArgumentParser) -> tuple[Namespace, Book]:
    """Parse the command line and return the options and the book, that at --root or here.

    The command goes to the book's root, as proofs look for their snippets where they run.
    """
    parser.add_argument("--root", default=".", help="of the book, if it isn't here")
    options = parser.parse_args()
    os.chdir(options.root)
    return options, remembered(".")


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a Python that finds this package: ours, and `more`."""
    own = {
        "PYTHONPATH": str(Path(proven.__file__).parents[1]),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**os.environ, **own, **more}


def ids_of(item: pytest.Item) -> list[str]:
    """Return the claims that a test proves, as its marks say."""
    return [mark.args[0] for mark in item.iter_markers() if mark.name in VERBS and mark.args]
