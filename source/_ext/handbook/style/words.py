"""The house rule of style as far as a program can see it: terms, spelling, typography."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from handbook.style.page import CODE, Finding, Page, Passage, sentences

TERMS = "_terms.toml"
LONGEST = 45
"""Words of a sentence after which nobody remembers how it began."""
COLONS = 2
"""Colons that one sentence bears."""
SHARE = 1 / 3
"""Of the sentences of a page may have a colon, if it has enough to count."""

_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_MISTAKE = "Частая ошибка"
_TYPOGRAPHY = (
    (re.compile(r'"[^"]*[А-Яа-яЁё][^"]*"'), "straight quotes: write «ёлочки»"),
    (re.compile(r"“|”|„"), "foreign quotes: write «ёлочки»"),
    (re.compile(r"(?<=[\w»)]) - (?=[\w«(])"), "a hyphen between spaces: write an em dash —"),
    (re.compile(r" – "), "an en dash between spaces: write an em dash —"),
    (re.compile(r"\.\.\."), "three dots: write …"),
    (
        re.compile(r"(?<![\w-])([а-яё]{2,}) \1(?![\w-])", re.I),
        "the same word twice: strike one out",
    ),
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b"), "a note of the author's: do it, or take it out"),
    (re.compile("[\N{WHITE SUN WITH RAYS}-\N{BLACK SCISSORS}\U0001f000-\U0001faff]"), "no emoji"),
)
_YO = re.compile(r"[её]", re.I)


@dataclass(frozen=True)
class Term:
    """A row of the table of terms: the notion's word, its English, and what isn't said for it."""

    word: str
    english: str
    forbidden: tuple[re.Pattern[str], ...]
    typed: tuple[str, ...]
    """Words that readers type for it: in index and search, never in the text."""


def _table(pages: Path) -> dict[str, Any]:
    file = pages / TERMS
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}: mend the table") from None


def terms(pages: Path) -> list[Term]:
    """Return the table of terms; none if the book has no such table."""
    return [_term(pages, row) for row in _table(pages).get("term", ())]


def _term(pages: Path, row: dict[str, Any]) -> Term:
    """Return a row of the table; ValueError for one that says what no row says."""
    word = row.get("word", "")
    try:
        if not word or row.keys() - {"word", "english", "not", "typed"}:
            raise ValueError("a row has word, english, not and typed, and nothing else")
        forbidden = [re.compile(rf"(?<![\w-]){each}(?![\w-])", re.I) for each in row.get("not", ())]
    except (ValueError, re.error) as error:
        raise ValueError(f"{pages / TERMS}: {word or row}: {error}: mend the table") from None
    return Term(word, row.get("english", ""), tuple(forbidden), tuple(row.get("typed", ())))


def listed(pages: Path, name: str) -> list[str]:
    """Return one of the table's lists: ``words``, ``alike`` or ``idle``."""
    return list(_table(pages).get(name, ()))


def words(
    page: Page, table: list[Term], own_words: frozenset[str], typed: frozenset[str]
) -> Iterator[Finding]:
    """Yield what the words of `page` break; `own_words`: those that no dictionary has.

    typed: more of them, which readers type, so that the index may have them.
    """
    for passage in page.passages:
        yield from _typography(passage)
        yield from _terms(passage, table)
        yield from _spelling(passage, table, own_words)
        if passage.kind == "paragraph":
            yield from _sentences(passage)
    for block in page.blocks:
        if block.name == "index":
            entry = Passage(f"{block.argument}\n{block.body}", block.line, "index")
            yield from _spelling(entry, table, own_words | typed)
    yield from _claims(page)
    yield from _mistakes(page)
    if page.is_question:
        yield from _colons(page)


def _line(passage: Passage, place: int) -> int:
    return passage.line + passage.text.count("\n", 0, place)


def _typography(passage: Passage) -> Iterator[Finding]:
    for pattern, advice in _TYPOGRAPHY:
        for match in pattern.finditer(passage.text):
            yield Finding(_line(passage, match.start()), "typography", f"«{match[0]}»: {advice}")


def _terms(passage: Passage, table: list[Term]) -> Iterator[Finding]:
    for term in table:
        for pattern in term.forbidden:
            for match in pattern.finditer(passage.text):
                yield Finding(
                    _line(passage, match.start()),
                    "term",
                    f"«{match[0]}»: the word is «{term.word}»",
                )


def _spelling(passage: Passage, table: list[Term], own_words: frozenset[str]) -> Iterator[Finding]:
    forbidden = [pattern for term in table for pattern in term.forbidden]
    for match in _WORD.finditer(passage.text):
        if not (
            _is_word(match[0].lower(), own_words) or any(each.match(match[0]) for each in forbidden)
        ):
            line = _line(passage, match.start())
            yield Finding(
                line,
                "spelling",
                f"«{match[0]}»: no dictionary has it; a new one goes into `words` of {TERMS}",
            )


@cache
def _dictionary() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@cache
def _is_word(word: str, own_words: frozenset[str]) -> bool:
    if len(word) < 3 or _own(word, own_words):
        return True
    if _dictionary().word_is_known(word):
        return "ё" in word or not _lacks_yo(word)
    parts = word.split("-")
    return len(parts) > 1 and all(_is_word(part, own_words) for part in parts)


def _own(word: str, own_words: frozenset[str]) -> bool:
    """Tell whether the book's own words have it, as it is or as the beginning of «…*»."""
    return word in own_words or any(
        f"{word[:length]}*" in own_words for length in range(3, len(word) + 1)
    )


def _lacks_yo(word: str) -> bool:
    """Tell whether every reading of `word` is written with ё: «счетчик», but not «все»."""
    if "е" not in word:
        return False
    readings = [parse for parse in _dictionary().parse(word) if parse.is_known]
    return bool(readings) and all(_same_but_yo(parse.word, word) for parse in readings)


def _same_but_yo(word: str, other: str) -> bool:
    return "ё" in word and _YO.sub("е", word) == other


def _sentences(passage: Passage) -> Iterator[Finding]:
    for sentence in sentences(passage.text):
        line = passage.line
        count = len(sentence.split())
        if count > LONGEST:
            yield Finding(line, "length", f"{count} words in «{sentence[:40]}…»: split it")
        if sentence.count(": ") >= COLONS:
            yield Finding(line, "colon", f"more than one colon in «{sentence[:40]}…»: split it")
        latin, russian = len(_LATIN.findall(sentence)), len(_WORD.findall(sentence))
        if latin > 6 and latin > 3 * russian:
            yield Finding(line, "russian", f"«{sentence[:40]}…» isn't Russian")


def _claims(page: Page) -> Iterator[Finding]:
    for claim in page.claims:
        first = claim.text.lstrip("«(")[:1]
        if first.islower():
            yield Finding(
                claim.line,
                "claim",
                f"the claim «{claim.text[:40]}…» begins with a small letter: it stands alone "
                "in the ledger, so begin a sentence and name its subject",
            )
        for version in claim.badges:
            if re.match(rf"(?:С|До|В|Начиная с)(?: версии)?(?: Python)? {version}\b", claim.text):
                yield Finding(
                    claim.line,
                    "claim",
                    f"the badge of the claim «{claim.text[:40]}…» says {version}: begin without it",
                )


def _mistakes(page: Page) -> Iterator[Finding]:
    for heading in page.headings:
        if heading.text.strip().rstrip(":") == _MISTAKE:
            yield Finding(
                heading.line,
                "heading",
                f"«{_MISTAKE}» tells nothing: say which, after a colon",
            )


def _colons(page: Page) -> Iterator[Finding]:
    prose = [
        sentence
        for passage in page.passages
        if passage.kind == "paragraph"
        for sentence in sentences(passage.text)
    ]
    with_colon = sum(": " in each or each.endswith(":") for each in prose)
    if len(prose) > 8 and with_colon > SHARE * len(prose) + 1:
        yield Finding(
            1, "colon", f"{with_colon} of {len(prose)} sentences have a colon: at most one in three"
        )


def typed(pages: Path, table: list[Term]) -> frozenset[str]:
    """Return the words that readers type, as the search knows them."""
    rows = [*listed(pages, "alike"), *(each for term in table for each in term.typed)]
    return frozenset(word for row in rows for word in row.split())


def vocabulary(pages: Path, table: list[Term]) -> frozenset[str]:
    """Return the words of the book that no dictionary has."""
    data = _table(pages)
    own = {word.lower() for word in data.get("words", ())}
    for term in table:
        own |= {word.lower() for word in _WORD.findall(term.word.replace(CODE, ""))}
    return frozenset(own)
