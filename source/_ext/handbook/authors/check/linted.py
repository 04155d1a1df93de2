"""What ruff says of the snippets and proofs of one page, as `make lint` has it say of all files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from proven.book import Book

from handbook.authors.check.command import run

_FOUND = re.compile(r"^(.+?:\d+):\d+: (.+)$", re.M)


def linted(book: Book, files: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with `files`, named from the root, with file and line."""
    for command in (["check", "-q"], ["format", "--check"]) if files else ():
        said = run(book, "ruff", *command, "--output-format", "concise", *files).stdout
        for place, problem in _FOUND.findall(said):
            advice = ": run .venv/bin/ruff format" * problem.startswith("unformatted")
            yield f"{place}: ruff: {problem}{advice}"
