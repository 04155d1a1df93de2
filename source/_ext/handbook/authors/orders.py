"""`python -m handbook.authors.orders` (make accept): writes the runs that the explorer finds."""

from __future__ import annotations

import sys

from proven.checks import parse, parser
from proven.checks.accept import choose, diff
from proven.stage import SnippetError
from proven.stage.explore import CannotExplore

from handbook.output.interleaving import accept


def main() -> int:
    """Explore what changed, or the pages named, or all; show each change and each failure."""
    command = parser("interleaving", main.__doc__)
    chosen = choose(command)
    options, book = parse(command)
    try:
        pages, changes = chosen(options, book)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    failed = False
    for page in pages:
        place, before = book.settings.name_of(page), page.read_text(encoding="utf-8")

        def wanted(name: str, text: str, place: str = place) -> bool:
            snippet = book.settings.name_of(book.snippet(name))
            return changes.everything or snippet in changes.files or changes.touches(place, text)

        try:
            if accept(page, wanted):
                print(diff(place, before, page.read_text(encoding="utf-8")))
                print(f"{place}: interleavings rewritten, as shown above")
        except (CannotExplore, SnippetError, ValueError) as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
