"""`python -m handbook.authors.orders` (make accept): writes the runs that the explorer finds."""

from __future__ import annotations

import sys
from pathlib import Path

from proven.book import Book
from proven.checks.accept import Changes, each_page
from proven.stage.explore import CannotExplore

from handbook.output.interleaving import accept


def main() -> int:
    """Explore what changed, or the pages named, or all; show each change and each failure."""
    return each_page("interleaving", main.__doc__, _rewrite)


def _rewrite(book: Book, changes: Changes, page: Path) -> str:
    place = book.settings.name_of(page)

    def wanted(name: str, text: str) -> bool:
        snippet = book.settings.name_of(book.snippet(name))
        return changes.everything or snippet in changes.files or changes.touches(place, text)

    try:
        return "interleavings rewritten, as shown above" if accept(page, wanted) else ""
    except CannotExplore as error:
        raise ValueError(error) from None


if __name__ == "__main__":
    sys.exit(main())
