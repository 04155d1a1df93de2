"""`python -m proven.checks.accept`: plays what changed, or the pages named, or all.

It leaves a page as it is if one of its snippets fails or can't be trusted; what it rewrote
it shows.
"""

from __future__ import annotations

import sys

from proven.checks import parse, parser
from proven.checks.accept import Untrusted, accept, choose, diff
from proven.stage import SnippetError


def main() -> int:
    """Rewrite the outputs of pages; show each change and each failure."""
    command = parser("accept", main.__doc__)
    chosen = choose(command)
    options, book = parse(command)
    try:
        pages, changes = chosen(options, book)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    failed = False
    for page in pages:
        place = book.settings.name_of(page)
        if not any(changes.wants(shown) for shown in book.outputs.values() if shown.page == place):
            continue
        before = page.read_text(encoding="utf-8")
        try:
            changed = accept(page, book.settings.snippets, changes.wants)
        except (SnippetError, Untrusted, ValueError) as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
            continue
        changes.note(place)
        if changed:
            print(diff(place, before, page.read_text(encoding="utf-8")))
            print(f"{place}: outputs rewritten, as shown above")
        else:
            print(f"{place}: played again, nothing to rewrite")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
