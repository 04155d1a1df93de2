"""What doctest runs for an ``{output}``: plays the snippet and prints what its page shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from proven.shown import Recordings, Terms, normal, on_page, record
from proven.stage import SnippetError

from handbook.domain import handbook

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_recordings: list[Recordings] = []
"""Those of the doctest build that runs."""


def print_now(name: str, *, any_order: bool, snippets: Path | None = None, **terms: Any) -> None:
    """Print what snippet `name` prints now, in the form that its page shows.

    snippets: their folder, if it isn't the one of the working directory;
    any_order: sort the lines, as the comparison is one of multisets; terms: `Terms`.
    If the snippet fails, print why: doctest shows it as the difference.
    """
    its_terms = Terms(**terms)
    try:
        if _recordings:
            lines = _recordings[0].lines(name, its_terms, ordered=not any_order)
        else:
            lines = on_page(record(name, its_terms, snippets, ordered=not any_order), its_terms)
    except SnippetError as error:
        print(error)
    else:
        print("\n".join(normal(lines, any_order=any_order)))


def play_ahead(app: Sphinx) -> None:
    """Begin to play what doctest will ask for, while Sphinx reads the pages."""
    if app.builder.name == "doctest":
        book = handbook(app.env).book
        wanted = [(name, shown.terms) for name, shown in book.outputs.items()]
        file = Path(app.outdir, "recordings.json")
        _recordings[:] = [Recordings(file, wanted, book.settings.snippets)]


def keep_recordings(app: Sphinx, error: Exception | None) -> None:
    """Keep what was played for the next build."""
    while _recordings:
        _recordings.pop().close()
