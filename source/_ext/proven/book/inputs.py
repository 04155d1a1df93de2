"""On what the outcome of a proof hangs: texts, if it can be told from them; and what it hung on."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from functools import lru_cache
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
    texts = _own_texts(book, id)
    if _reads_more(texts):
        return []
    sources: dict[Path, str] = {}
    for name in snippets_in(book, texts):
        sources |= sources_of(name, Terms(), book.settings.snippets)
    new = {book.snippet(name): code for name, code in (changed or {}).items()}
    return [
        *texts,
        *(f"{path.name}\n{new.get(path, sources[path])}" for path in sorted(sources)),
    ]


def hangs_on_the_same(book: Book, old: Book, id: str) -> bool:
    """Tell whether the outcome of proof `id` hangs on the same texts as in the `old` book."""
    if id not in old.proofs or old.proofs[id].file != book.proofs[id].file:
        return False
    before = {name: old.code(name) for name in book.snippets if old.code(name) != book.code(name)}
    now = inputs_of(book, id)
    return bool(now) and now == inputs_of(old, id, before)


@lru_cache(1)
def committed(book: Book) -> Book | None:
    """Return the book as it is in git's last commit, None if it is so now or there is no git."""
    folders = (book.settings.pages, book.settings.snippets, book.settings.tests)
    status = git(book.root, "status", "--porcelain", "-z", "--no-renames", "-uall", "--", *folders)
    prefix = git(book.root, "rev-parse", "--show-prefix", "HEAD")
    if not status or prefix is None:
        return None
    prefix, commit = prefix.split("\n")[:2]
    names = [line[3:].removeprefix(prefix) for line in status.split("\0") if line]
    names = [name for name in names if name.endswith((".md", ".py"))]
    texts = {book.root / name: git(book.root, "show", f"HEAD:./{name}") or "" for name in names}
    return book.with_texts(texts, commit)


def git(root: Path, *words: str | Path) -> str | None:
    """Return what git says of the repository at `root`, None if it isn't there or has no answer."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def may_play(book: Book, id: str) -> bool:
    """Tell whether proof `id` can come by a snippet: it names one, or reads more than is known."""
    texts = _own_texts(book, id)
    return _reads_more(texts) or bool(snippets_in(book, texts))


def _own_texts(book: Book, id: str) -> list[str]:
    return [gets(book, id), *book.shared_by(book.proofs[id].file)]


def _reads_more(texts: Iterable[str]) -> bool:
    return any(map(_READS_MORE.search, texts))


def snippets_in(book: Book, texts: Iterable[str]) -> list[str]:
    """Return the snippets whose names stand in `texts`, or begin as an f-string there does."""
    mentions = {(name, start) for text in texts for name, start in _SNIPPET.findall(text)}
    starts = tuple(start for _, start in mentions if start)
    names = {name for name, _ in mentions}
    return [each for each in book.snippets if each in names or each.startswith(starts)]
