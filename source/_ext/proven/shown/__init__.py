"""An output that a page shows: found in the page's text and compared with a fresh recording.

Bottom to top: ``text`` is the form in which it is shown, and the one comparison; ``recording``
records it once while nothing changes; ``page`` finds it in a page and rewrites it; ``paces``
lets the same program dawdle; ``worlds`` plays copies in a process of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from proven.claims import excluded_here
from proven.findings import Finding
from proven.shown.paces import at_other_paces
from proven.shown.page import Shown, outputs_in, rewritten
from proven.shown.recording import Recordings, key_of, record, sources_of
from proven.shown.text import Terms, agree, as_read, normal, on_page
from proven.stage import SnippetError
from proven.stage.trace import Trace

__all__ = [
    "QUIET",
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
    "unseen",
]

QUIET = "show it by :stderr:, tell of it on the page, or keep it quiet"
"""What to do about a stderr that readers see and the page doesn't tell of."""
_NAMED = re.compile(r"\b\w+(?:Error|Exception|Group|Warning)\b")


def unseen(shown: Shown, trace: Trace, page: str) -> str:
    """Return the end of what a program wrote to stderr, if its page doesn't tell of it.

    That does an output which shows it, and a page which names an error, a warning or a line of it.
    """
    usual = shown.terms == replace(shown.terms, stderr=False, exit=0, raises="")
    lines = trace.stderr.split("\n")
    said = [*_NAMED.findall(trace.stderr), *filter(None, lines)]
    return "".join(lines[-2:]) if usual and not any(part in page for part in said) else ""


def replay(shown: Shown, snippets: Path | None = None, page: str | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory; page: the text that
    tells of what goes to stderr, as readers who run it see it; None: nobody asks.
    """
    if why := excluded_here(dict(shown.only)):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = record(shown.name, shown.terms, snippets, ordered=not shown.any_order)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    if not agree(shown.lines, on_page(trace, shown.terms), any_order=shown.any_order):
        return Finding("failed", why="other output")
    if end := unseen(shown, trace, page) if page is not None else "":
        return Finding("failed", why=f"its stderr, «{end}», is seen nowhere: {QUIET}")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)
