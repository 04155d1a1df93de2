"""`python -m handbook.authors.orders` (make accept): writes the runs that the explorer finds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from proven.book import Book
from proven.checks.accept import Changes, each_page

_RUN = re.compile(r"^`{3,}\{(?:interleaving|scheduler)\}[ ]+(\S+)", re.M)
"""A run and its snippet."""


def main() -> int:
    """Explore what changed, or the pages named, or all; show each change and each failure."""
    return each_page("interleaving", main.__doc__, _rewrite)


def _rewrite(book: Book, changes: Changes, page: Path) -> str:
    place = book.settings.name_of(page)
    shown = [place, *(_file(book, name) for name in _RUN.findall(page.read_text("utf-8")))]
    if not shown[1:] or not (changes.everything or changes.files.intersection(shown)):
        return ""
    # Explorers and directives are many modules, and most changes are of no run.
    from proven.stage.explore import CannotExplore

    from handbook.output.interleaving import accept

    def wanted(name: str, text: str) -> bool:
        file = _file(book, name)
        return changes.everything or file in changes.files or changes.touches(place, text)

    try:
        return "interleavings rewritten, as shown above" if accept(page, wanted) else ""
    except CannotExplore as error:
        raise ValueError(error) from None


def _file(book: Book, name: str) -> str:
    return book.settings.name_of(book.snippet(name))


if __name__ == "__main__":
    sys.exit(main())
