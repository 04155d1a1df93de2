"""Rewrites the outputs in the pages from fresh recordings.

`python -m proven.checks.accept` (make accept) leaves a page as it is if one of its
snippets fails; what it rewrote is reviewed with git diff.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from proven.checks import parse, parser
from proven.shown import rewritten
from proven.stage import SnippetError


def accept(page: Path, snippets: Path) -> bool:
    """Rewrite the outputs of `page` from fresh recordings; tell whether anything changed.

    The page is written whole, and only when every recording of it succeeded: else
    SnippetError, or ValueError for an option that isn't known.
    """
    before = page.read_bytes().decode("utf-8")
    after = rewritten(before, snippets)
    if after == before:
        return False
    fresh = page.with_name(f".{page.name}.fresh")
    try:
        fresh.write_bytes(after.encode("utf-8"))
        fresh.chmod(page.stat().st_mode)
        os.replace(fresh, page)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def main() -> int:
    """Rewrite every page; report each change and each failure."""
    _, book = parse(parser("accept", main.__doc__))
    failed = False
    for page in book.settings.page_files():
        place = book.settings.name_of(page)
        try:
            if accept(page, book.settings.snippets):
                print(f"{place}: outputs rewritten, review them with git diff")
        except (SnippetError, ValueError) as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
