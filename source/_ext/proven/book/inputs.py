"""On what the outcome of a proof hangs: texts, if it can be told from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from proven.book.contents import Book
from proven.book.prints import used
from proven.shown import Terms, sources_of

_SNIPPET = re.compile(r'"(\w+/\w+)"|\bf"(\w+/\w*)\{')
_READS_MORE = re.compile(r"\bnames\(|\.parents\[|\bEVIDENCE\b|\bPAGE\b|\bROOT\b")
"""How a proof comes by other snippets, pages or findings."""
_FIXTURE = re.compile(r"^@pytest\.fixture.*\n(?:async )?def (\w+)", re.M)


def gets(book: Book, id: str) -> str:
    """Return what a proof gets of its file: itself, the fixtures and what these need."""
    proof = book.proofs[id]
    text = book.text(book.root / proof.file)
    own = used(text, frozenset({proof.test, "pytestmark", *_FIXTURE.findall(text)}))
    return own if f"def {proof.test}(" in own else book.alone(id)


def inputs_of(book: Book, id: str, changed: Mapping[str, str] | None = None) -> list[str]:
    """Return the texts on which the outcome of proof `id` hangs, beside the machinery.

    They are its own, what it shares with others, and the snippets that these name, with what
    those import from beside them.  changed: other texts of snippets, by name.
    Empty if the proof reads more than that.
    """
    texts = [gets(book, id), *book.shared_by(book.proofs[id].file)]
    if any(map(_READS_MORE.search, texts)):
        return []
    sources: dict[Path, str] = {}
    for name in snippets_in(book, texts):
        sources |= sources_of(name, Terms(), book.settings.snippets)
    new = {book.snippet(name): code for name, code in (changed or {}).items()}
    return [
        *texts,
        *(f"{path.name}\n{new.get(path, sources[path])}" for path in sorted(sources)),
    ]


def snippets_in(book: Book, texts: Iterable[str]) -> list[str]:
    """Return the snippets whose names stand in `texts`, or begin as an f-string there does."""
    mentions = {(name, start) for text in texts for name, start in _SNIPPET.findall(text)}
    starts = tuple(start for _, start in mentions if start)
    names = {name for name, _ in mentions}
    return [each for each in book.snippets if each in names or each.startswith(starts)]
