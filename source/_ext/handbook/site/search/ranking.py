"""The index of the search: how much each page has to say on each word.

Sphinx's own index knows no frequencies, puts index entries behind all else and asks for every word.
Here each page leaves its words, weighed by where they stand; at the end they become scores by
BM25F (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), and ``search.js`` adds
up those of the words that were typed.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import cache
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.search.ru import SearchRussian

from handbook.domain import handbook, is_question
from handbook.style.shape import MESSAGE, SYMPTOM
from handbook.style.words import TERMS, listed, terms

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

TITLE, ENTRY, HEADING, SHORT, TEXT, OUTPUT = 12.0, 12.0, 4.0, 3.0, 1.0, 0.5
"""How much a word weighs where it stands; what a program prints is there for pasted messages."""
WHOLE = "="
"""Stands before an index entry that is a word of its own: who types just this means that page."""
_KINDS = {"glossary": 0.4, "index": 0.4}
_APPENDIX = 0.25
"""Questions come before the glossary, this before the appendices: factors of the score."""
_ENOUGH = 6.0
"""At this weight a word has half of the score that it can reach (k1 of BM25)."""
_LONG, _SHARE = 900, 0.6
"""A page of so many words pays nothing for its length; the share of the length that counts (b)."""
_UNIT = 10
"""Scores are whole numbers of this part: the index is loaded over the network."""

_TOKEN = re.compile(r"\w+(?:\.\w+)*")
_RUSSIAN = SearchRussian({})


@cache
def _stem(word: str) -> str:
    return _RUSSIAN.stem(word)


def stems(text: str, stopwords: Set[str] = _RUSSIAN.stopwords) -> Iterator[str]:
    """Yield the stems of `text`, and names with dots also whole; `search.js` does the same."""
    for token in _TOKEN.findall(text.lower().replace("ё", "е")):
        parts = token.split(".")
        for word in [token, *parts] if len(parts) > 1 else parts:
            if not (word.isdigit() or word in stopwords):
                yield _stem(word)


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the words of the page that was read, with their weights."""
    page = app.env.docname
    weights: defaultdict[str, float] = defaultdict(float)

    def add(text: str, weight: float) -> None:
        for stem in stems(text):
            weights[stem] += weight

    def add_entry(entry: str) -> None:
        main, _, more = entry.partition(";")
        if main in (MESSAGE, SYMPTOM):
            entry, main, more = more, more, ""
        add(main, ENTRY if not more else ENTRY / 2)
        add(more, ENTRY / 2)
        for whole in {entry, entry.rpartition(".")[2]} if is_question(page) else ():
            weights[WHOLE + " ".join(stems(whole, frozenset()))] += ENTRY

    title_weight = TITLE
    for node in doctree.findall():
        match node:
            case nodes.title() if isinstance(node.parent, nodes.section):
                add(node.astext(), title_weight)
                title_weight = HEADING
            case addnodes.index():
                for _kind, entry, *_ in node["entries"]:
                    add_entry(entry)
            case nodes.literal_block() if "output_of" in node:
                add(node.astext(), OUTPUT)
            case nodes.paragraph() | nodes.term():
                add(node.astext(), SHORT if _is_short(node.parent) else TEXT)
    handbook(app.env).words[page] = dict(weights)


def _is_short(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.admonition) and "short" in node["classes"]


def write(env: BuildEnvironment, file: Path) -> None:
    """Write to `file` the script that gives the search its index."""
    book, words = handbook(env).book, handbook(env).words
    pages = sorted(words)
    scores: dict[str, list[int]] = {}
    for stem, score in _scores(words, pages).items():
        scores[stem] = [number for pair in score for number in pair]
    table = book.settings.pages
    typed = book.memo.of("typed", [book.text(table / TERMS)], lambda: _typed(table))
    data = {
        "docnames": pages,
        "titles": [env.titles[page].astext() for page in pages],
        "alike": typed["alike"],
        "idle": typed["idle"],
        "scores": dict(sorted(scores.items())),
        "synonyms": typed["synonyms"],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"Search.setIndex({text});\n", encoding="utf-8")


def _typed(table: Path) -> dict[str, Any]:
    """Return what the book's table of terms says of words that readers type."""
    synonyms = {
        " ".join(stems(typed, frozenset())): " ".join(_meant(term.word))
        for term in terms(table)
        for typed in term.typed
    }
    return {
        "alike": [list(dict.fromkeys(stems(line))) for line in listed(table, "alike")],
        "idle": [stem for word in listed(table, "idle") for stem in stems(word)],
        "synonyms": {typed: word for typed, word in sorted(synonyms.items()) if typed and word},
    }


def _scores(
    words: Mapping[str, Mapping[str, float]], pages: list[str]
) -> dict[str, list[tuple[int, int]]]:
    """Return for each stem the numbers of the pages that have it, each with its score."""
    having: Counter[str] = Counter(stem for page in pages for stem in words[page])
    rare = {stem: _UNIT * log(1 + len(pages) / count) for stem, count in having.items()}
    scores: dict[str, list[tuple[int, int]]] = {}
    for number, page in enumerate(pages):
        factor = _factor(page)
        length = 1 - _SHARE + _SHARE * max(1, sum(words[page].values()) / _LONG)
        for stem, weight in words[page].items():
            score = factor * rare[stem] * weight / (weight + _ENOUGH * length)
            if rounded := round(score):
                scores.setdefault(stem, []).append((number, rounded))
    return scores


def _factor(page: str) -> float:
    name = page.rpartition("/")[2]
    return 1.0 if is_question(page) else _KINDS.get(name, _APPENDIX)


def _meant(word: str) -> list[str]:
    """Return the words of a term; of several terms those that all have, or those of the first."""
    each = [list(stems(one, frozenset())) for one in re.sub(r"\(.*?\)", "", word).split(",")]
    return [stem for stem in each[0] if all(stem in one for one in each)] or each[0]
