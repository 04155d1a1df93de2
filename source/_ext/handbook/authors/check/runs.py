"""Whether the explorer still finds the runs that a page shows, as the builds would tell."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from proven.book import Book, Tried
from proven.shown import Terms, sources_of
from proven.stage import SnippetError


def unlike_runs(book: Book, page: str, tried: Tried) -> Iterator[str]:
    """Yield the runs on `page` that the explorer doesn't find as they are shown."""
    text = book.text(book.root / page)
    if "{interleaving}" not in text and "{scheduler}" not in text:
        return
    # Explorers are many modules, and most pages have no run.
    from proven.stage.explore import CannotExplore

    from handbook.output.interleaving import runs

    for run in runs(text):
        sources = sources_of(run.name, Terms(), book.settings.snippets).values()
        key = tried.key_of_proof("interleaving", [run.block, *sources])
        if tried.get(key):
            continue
        place, began = f"{page}:{run.line}: interleaving: {run.name}", monotonic()
        try:
            if run.find() == run.block:
                tried.note(key, "passed", "", monotonic() - began)
            else:
                yield f"{place}: the explorer finds another run: run make accept"
        except (CannotExplore, SnippetError, ValueError) as error:
            yield f"{place}: {error}"
