"""On which texts the outcome of a proof hangs, beside the machinery; the book that keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from proven.book.contents import Book
from proven.book.memo import Memo
from proven.book.settings import Settings
from proven.book.texts import Texts
from proven.book.tried import machinery
from proven.shown import Terms, sources_of

_SNIPPET = re.compile(r'"(\w+/\w+)"|\bf"(\w+/\w*)\{')
_READS_MORE = re.compile(r"\bnames\(|\.parents\[|\bEVIDENCE\b|\bPAGE\b|\bROOT\b")
"""How a proof comes by other snippets, pages or findings."""


def remembered(root: Path | str) -> Book:
    """Return the book at `root` with what earlier commands found in it: `memo.save` keeps it."""
    settings = Settings.at(Path(root))
    folder = settings.root / "build"
    folder.mkdir(exist_ok=True)
    return Book(settings, Memo(folder / "book.pickle", machinery(settings.root)))


def inputs_of(book: Book, id: str, changed: Mapping[str, str] | None = None) -> list[str]:
    """Return the texts of proof `id`, of what it shares, and of the snippets that these name.

    With each snippet goes what it imports from beside it.  changed: other texts of snippets, by
    name.  Empty if the proof reads more than that.
    """
    file, read = book.proofs[id].file, Texts(book.root, book.memo)
    beside = read.of((book.root / file).with_name("conftest.py"))
    texts = [book.alone(id), beside, *read.helpers(file)]
    if any(map(_READS_MORE.search, texts)):
        return []
    sources: dict[Path, str] = {}
    for name in _named(book, texts):
        sources |= sources_of(name, Terms(), book.settings.snippets)
    new = {book.snippet(name): code for name, code in (changed or {}).items()}
    return [*texts, *(f"{path.name}\n{new.get(path, sources[path])}" for path in sorted(sources))]


def _named(book: Book, texts: Iterable[str]) -> list[str]:
    """Return the snippets whose names stand in `texts`, or begin as an f-string there does."""
    found = {(name, start) for text in texts for name, start in _SNIPPET.findall(text)}
    starts = tuple(start for _, start in found if start)
    names = {name for name, _ in found}
    return [each for each in book.snippets if each in names or each.startswith(starts)]
