"""An output that a page shows: found in the page's text and compared with a fresh recording."""

from __future__ import annotations

import sys
from pathlib import Path

from proven.claims import excluded, has_gil
from proven.findings import Finding
from proven.shown.page import Shown, accept, outputs_in
from proven.shown.recording import Recordings, record
from proven.shown.text import Terms, as_read, on_page, same
from proven.stage import SnippetError

__all__ = [
    "Recordings",
    "Shown",
    "Terms",
    "accept",
    "as_read",
    "on_page",
    "outputs_in",
    "record",
    "replay",
    "same",
]


def replay(shown: Shown, snippets: Path | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory.
    """
    if why := excluded(dict(shown.only), sys.version_info[:2], gil=has_gil()):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = record(shown.name, shown.terms, snippets)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    if not same(on_page(trace, shown.terms), shown.lines, any_order=shown.any_order):
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)
