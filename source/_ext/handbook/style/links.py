"""Where a page's links lead: the build tells it, too, but only of the whole book."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from proven.book import Settings
from proven.claims import PRACTICE, Mark, claims_in

from handbook.style.names import INVENTORIES, listed
from handbook.style.page import Block, Finding, Page
from handbook.style.shape import FILL

_LABEL = re.compile(r"^[ ]*\(([^\s()]+)\)=[ ]*$", re.M)
_TITLE = re.compile(r"^# (.+)$", re.M)
_GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```", re.M | re.S)
_TARGET = re.compile(r".*<([^<>]+)>\s*", re.S)
_OF_SPHINX = frozenset({"genindex", "modindex", "search"})


class Targets:
    """What the links of the book with these settings may lead to."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def pages(self) -> frozenset[str]:
        """The names of all pages, as in "tasks/gather"."""
        files = (file.relative_to(self.settings.pages) for file in self.settings.page_files())
        return frozenset(file.with_suffix("").as_posix() for file in files)

    @cached_property
    def titles(self) -> dict[str, set[str]]:
        """The pages by what their first heading says."""
        titles: dict[str, set[str]] = {}
        for file, text in self._texts.items():
            if title := _TITLE.search(text):
                name = file.removeprefix(f"{self.settings.name_of(self.settings.pages)}/")
                titles.setdefault(title[1].strip(), set()).add(name.removesuffix(".md"))
        return titles

    @cached_property
    def claims(self) -> dict[str, Mark]:
        """The claims of all pages by id."""
        return {claim.id: claim for claim in claims_in(self._texts)}

    @cached_property
    def labels(self) -> frozenset[str]:
        """What {ref} may name: labels of the pages, their claims and the documentation's labels."""
        own = {label for text in self._texts.values() for label in _LABEL.findall(text)}
        documented = {name for name, kind in self._documented if kind == "std:label"}
        return frozenset(own | documented | _OF_SPHINX).union(self.claims)

    @cached_property
    def terms(self) -> frozenset[str]:
        """What {term} may name, in small letters; the documentation's terms after "python:"."""
        documented = {f"python:{name}" for name, kind in self._documented if kind == "std:term"}
        bodies = [body for text in self._texts.values() for body in _GLOSSARY.findall(text)]
        lines = [line for body in bodies for line in body.splitlines()]
        own = {line for line in lines if line and not line[0].isspace()}
        return frozenset(term.lower() for term in own | documented)

    @cached_property
    def names(self) -> frozenset[str]:
        """What a role of Python's domain may name; empty if the book has no inventory."""
        return frozenset(name for name, kind in self._documented if kind.startswith("py:"))

    @cached_property
    def promises(self) -> frozenset[str]:
        """What a claim may rest on; empty if the book has no inventory."""
        return frozenset(name for name, _ in self._documented)

    @cached_property
    def _texts(self) -> dict[str, str]:
        # A page that isn't UTF-8 is told as such.
        return {
            self.settings.name_of(file): file.read_text(encoding="utf-8", errors="replace")
            for file in self.settings.page_files()
        }

    @property
    def _documented(self) -> frozenset[tuple[str, str]]:
        return listed(self.settings.pages / INVENTORIES)


def links(page: Page, targets: Targets) -> Iterator[Finding]:
    """Yield each link of `page` that leads nowhere, and each claim that rests on nothing."""
    for line, kind, target in (*_roles(page), *_listed(page)):
        if FILL not in target and (problem := _problem(targets, kind, target)):
            yield Finding(line, "link", problem)
        if kind == "page" and target == page.name:
            yield Finding(line, "link", "it leads to this very page: name another")
    for line in _empty(page):
        yield Finding(line, "link", "the link has no text: say where it leads")
    if page.is_question and page.headings:
        title = page.headings[0]
        if others := targets.titles.get(title.text, set()) - {page.name}:
            yield Finding(title.line, "question", f"{others.pop()} has this title, too: tell apart")
    file = targets.settings.name_of(page.file)
    for claim in targets.claims.values():
        rests = claim.rests
        has_base = rests in targets.promises or rests == PRACTICE or FILL in rests
        if claim.file == file and targets.promises and not has_base:
            yield Finding(
                claim.line,
                "link",
                f"claim {claim.id!r} rests on {rests or 'nothing'}, which the documentation's "
                f'inventory lacks: name a target of it, or rests="{PRACTICE}"',
            )


def _problem(targets: Targets, kind: str, target: str) -> str:
    """Return what is wrong with a link of this role or directive, "" if nothing."""
    if kind == "ref" and target not in targets.labels:
        return f"there is no label {target!r}: name one that stands in (…)= above a title"
    if kind == "term" and target.lower() not in targets.terms:
        return f"there is no term {target!r}: take one of source/glossary.md, or add it there"
    if kind == "claim" and target not in targets.claims:
        return f"there is no claim {target!r}: name one by the id behind its sentence"
    if kind == "page" and not target:
        return "it leads nowhere: write «Question? => page», or #claim in its place"
    if kind == "page" and target not in targets.pages:
        return f"there is no page {target!r}: name one as in tasks/gather"
    if kind.startswith("py:") and targets.names and target.lstrip("~.!") not in targets.names:
        return f"Python's documentation has no {target!r}: name a target of its inventory"
    return ""


def _empty(page: Page) -> Iterator[int]:
    """Yield the line of each link to elsewhere that shows nothing."""
    for token, line in page.inlines:
        for one, after in pairwise(token.children or ()):
            leads_out = ":" in str(one.attrGet("href") or "")
            if one.type == "link_open" and after.type == "link_close" and leads_out:
                yield line


def _roles(page: Page) -> Iterator[tuple[int, str, str]]:
    """Yield line, role and target of each role in the prose."""
    for token, first in page.inlines:
        line = first
        for child in token.children or ():
            if child.type == "softbreak":
                line += 1
            elif child.type == "myst_role":
                titled = _TARGET.fullmatch(child.content)
                target = titled[1] if titled else child.content
                yield line, str(child.meta.get("name")), " ".join(target.split())


def _listed(page: Page) -> Iterator[tuple[int, str, str]]:
    """Yield line, "page" or "claim" and target of what {first} and {asked} name."""
    for block in page.blocks:
        if block.name == "first":
            yield from ((block.line, "page", name) for name in block.argument.split())
        elif block.name == "asked":
            yield from _answers(block)


def _answers(block: Block) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(block.body.splitlines(), block.line + 1):
        question, _, target = map(str.strip, line.rpartition("=>"))
        if question and target.startswith("#"):
            yield number, "claim", target[1:]
        elif line.strip():
            yield number, "page", target if question else ""
