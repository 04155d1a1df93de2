"""The shape of a question's page, as the design has it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from handbook.style.page import Finding, Page, sentences

FILL = "ЗАПОЛНИТЕ"
"""Stands where the author of a page that was laid out has to write."""
SHORT = range(2, 5)
"""How many sentences a short answer has."""
LONGEST = 90
"""Words of a paragraph that a reader takes in at one go; half of all have 25."""
NEXT = "Дальше"
_LINKS = range(2, 7)
_PROGRAMS = ("{literalinclude}", "{output}", "{interleaving}", "{scheduler}")
MESSAGE, SYMPTOM = "сообщение", "признак"
"""What an entry of the index begins with if it is no notion: a table lists them."""


def shape(page: Page) -> Iterator[Finding]:
    """Yield what is wrong with the shape of `page`."""
    yield from _headings(page)
    yield from _columns(page)
    yield from _paragraphs(page)
    yield from _unfilled(page)
    yield from _unanswered(page)
    if page.is_question:
        yield from _title(page)
        yield from _short(page)
        yield from _next(page)
        yield from _index(page)
        yield from _unintroduced(page)


def _index(page: Page) -> Iterator[Finding]:
    seen: set[str] = set()
    for block in page.blocks:
        if block.name == "index":
            entry = f"{block.argument}{block.body}".strip()
            if entry in seen:
                yield Finding(block.line, "index", f"«{entry}» is in this page's index already")
            seen.add(entry)
            kind = entry.removeprefix("single:").partition(";")[0].strip()
            meant = get_close_matches(kind, (MESSAGE, SYMPTOM), cutoff=0.8)
            if meant and kind not in meant:
                yield Finding(block.line, "index", f"«{kind}»: write «{meant[0]}»")
    if not seen:
        advice = "write ```{index} single: …``` for it"
        yield Finding(1, "index", f"the page has no index entry: {advice}")


def _unfilled(page: Page) -> Iterator[Finding]:
    for number, line in enumerate(page.text.splitlines(), 1):
        if FILL in line:
            yield Finding(number, "unfilled", f"{FILL}: write what belongs here")


def _unanswered(page: Page) -> Iterator[Finding]:
    if not page.name.endswith("/exercises"):
        return
    lines = enumerate(page.text.splitlines(), 1)
    exercises = [number for number, line in lines if line.startswith("**")]
    answers = [block.line for block in page.blocks if block.name in ("answer", "scheduler")]
    for first, after in pairwise([*exercises, page.text.count("\n") + 2]):
        if not any(first < line < after for line in answers):
            advice = "write {answer} or {scheduler} under it"
            yield Finding(first, "exercise", f"the exercise has no answer: {advice}")


def _headings(page: Page) -> Iterator[Finding]:
    tops = [heading for heading in page.headings if heading.level == 1]
    if not tops:
        yield Finding(1, "title", "the page has no title: begin it with `# …`")
    for extra in tops[1:]:
        yield Finding(extra.line, "title", "a second title: only the first line with # is one")
    lines = {heading.line for heading in page.headings}
    for claim in page.claims:
        if claim.line in lines:
            yield Finding(claim.line, "claim", "a heading is no claim: say it in a sentence below")


def _columns(page: Page) -> Iterator[Finding]:
    for opening, inline in pairwise(page.tokens):
        if opening.type == "th_open" and not inline.content.strip():
            line = (opening.map or inline.map or [0])[0] + 1
            yield Finding(line, "column", "a column of a table has no head: say what it holds")


def _paragraphs(page: Page) -> Iterator[Finding]:
    for passage in page.passages:
        count = len(passage.text.split())
        if passage.kind == "paragraph" and count > LONGEST:
            advice = f"no more than {LONGEST}: begin another one, or set apart what is rare"
            yield Finding(passage.line, "paragraph", f"{count} words in a paragraph, {advice}")


def _unintroduced(page: Page) -> Iterator[Finding]:
    tokens = [token for token in page.tokens if token.type != "myst_target"]
    for heading, program in pairwise(tokens):
        if heading.type == "heading_close" and program.info.startswith(_PROGRAMS):
            advice = "say what it shows and which line matters, in a sentence before it"
            yield Finding((program.map or [0])[0] + 1, "program", f"a heading, then code: {advice}")


def _title(page: Page) -> Iterator[Finding]:
    title = page.headings[0] if page.headings else None
    if title and not title.text.rstrip().endswith("?"):
        yield Finding(
            title.line, "question", "the title isn't a question: word it as a reader asks it"
        )


def _short(page: Page) -> Iterator[Finding]:
    short = page.block("short")
    if short is None:
        yield Finding(
            1, "short", "the page has no short answer: write ```{short}``` under its title"
        )
        return
    inside = Page(page.file, page.name, short.body)
    count = sum(len(sentences(passage.text)) for passage in inside.passages)
    if count not in SHORT:
        yield Finding(
            short.line, "short", f"the short answer has {count} sentences: it takes two to four"
        )


def _next(page: Page) -> Iterator[Finding]:
    last = page.headings[-1] if page.headings else None
    if last is None or last.text != NEXT:
        yield Finding(
            last.line if last else 1,
            "next",
            f"the page doesn't end with «## {NEXT}»: lead on to two to four related questions",
        )
        return
    links = [
        line
        for token, line in page.inlines
        for child in token.children or ()
        if line > last.line and child.type == "myst_role" and child.meta.get("name") == "ref"
    ]
    if len(links) not in _LINKS:
        yield Finding(
            last.line, "next", f"«{NEXT}» leads to {len(links)} questions: two to four help"
        )
