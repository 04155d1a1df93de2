"""`python -m proven.checks.accept`: plays what changed, or the pages named, or all.

It leaves a page as it is if one of its snippets fails or can't be trusted; what it rewrote
it shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from proven.book import Book
from proven.checks.accept import Changes, accept, each_page


def main() -> int:
    """Rewrite the outputs of pages; show each change and each failure."""
    return each_page("accept", main.__doc__, _rewrite)


def _rewrite(book: Book, changes: Changes, page: Path) -> str:
    place = book.settings.name_of(page)
    if not any(changes.wants(shown) for shown in book.outputs.values() if shown.page == place):
        return ""
    changed = accept(page, book.settings.snippets, changes.wants)
    changes.note(place)
    return "outputs rewritten, as shown above" if changed else "played again, nothing to rewrite"


if __name__ == "__main__":
    sys.exit(main())
