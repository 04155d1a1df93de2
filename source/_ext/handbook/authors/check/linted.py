"""What ruff says of the snippets and proofs of one page, as `make lint` has it say of all files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from proven.book import Book

from handbook.authors.check.command import run

_FOUND = re.compile(r"^(.+?:\d+):\d+: (.+)$", re.M)
_UNFORMATTED = re.compile(r"^unformatted: .*\n --> (.+):\d+:\d+$", re.M)


def linted(book: Book, files: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with `files`, named from the root, with file and line."""
    if not files:
        return
    found = run(book, "ruff", "check", "-q", "--output-format", "concise", *files)
    yield from (f"{place}: ruff: {problem}" for place, problem in _FOUND.findall(found.stdout))
    layout = run(book, "ruff", "format", "--check", *files)
    for file in _UNFORMATTED.findall(layout.stdout):
        yield f"{file}: ruff: the layout isn't its own: .venv/bin/ruff format {file}"
