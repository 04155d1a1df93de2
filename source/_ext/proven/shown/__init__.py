"""An output that a page shows: found in the page's text and compared with a fresh recording.

Bottom to top: ``text`` is the form in which it is shown, and the one comparison; ``recording``
records it once while nothing changes; ``page`` finds it in a page and rewrites it; ``paces``
lets the same program dawdle.
"""

from __future__ import annotations

from pathlib import Path

from proven.claims import excluded_here
from proven.findings import Finding
from proven.shown.paces import at_other_paces
from proven.shown.page import Shown, outputs_in, rewritten
from proven.shown.recording import Recordings, key_of, record, sources_of
from proven.shown.text import Terms, agree, as_read, normal, on_page
from proven.stage import SnippetError

__all__ = [
    "Recordings",
    "Shown",
    "Terms",
    "agree",
    "as_read",
    "at_other_paces",
    "key_of",
    "normal",
    "on_page",
    "outputs_in",
    "record",
    "replay",
    "rewritten",
    "sources_of",
]


def replay(shown: Shown, snippets: Path | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory.
    """
    if why := excluded_here(dict(shown.only)):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = record(shown.name, shown.terms, snippets, ordered=not shown.any_order)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    if not agree(shown.lines, on_page(trace, shown.terms), any_order=shown.any_order):
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)
