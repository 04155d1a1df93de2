"""A part of the book: what is typeset at once, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Part:
    """One of the parts of which a book is joined.

    name: of its files; kind: title, contents, preface, chapter, appendix or index;
    body: Typst markup; refers: the labels whose page numbers it shows; reads: the files in the
    book's folder that it includes; number: that of the chapter or appendix.  start: its first
    page, from 1; places: what a pass found in it, `labels` (name, page in the part, x, y in
    points), `headings` and `pages`; floating: figures that were once found at the head of a page;
    warnings: what Typst said of it; source: the hash of all that it reads; made: that of what the
    last pass read and was told.
    """

    name: str
    kind: str
    body: str
    refers: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    number: int = 0
    start: int = 1
    places: dict[str, Any] = field(default_factory=dict)
    floating: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    source: str = ""
    made: str = ""
