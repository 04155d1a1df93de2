"""Runs modules of Python's in the book's folder, as `make` does."""

from __future__ import annotations

import subprocess
import sys

from proven.book import Book
from proven.checks import environment


def run(book: Book, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end without input; what it prints is kept, in lines that aren't wrapped."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=book.root,
        env=environment(COLUMNS="200", NO_COLOR="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
