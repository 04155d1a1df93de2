"""What `make check` tells of a page beside its outputs and proofs, as the builds would.

Where its claims rest, where {first} and {asked} lead, and whether the explorer still finds the
runs that it shows.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from time import monotonic

from proven.book import Book, Tried
from proven.claims import PRACTICE
from proven.shown import Terms, sources_of
from proven.stage import SnippetError

from handbook.style.page import Block, read

_ENTRY = re.compile(r"^(.+?)\s+[\w-]+:[\w-]+\s+-?\d+\s", re.M)
_TO = "=>"


def unpromised(book: Book, page: str) -> Iterator[str]:
    """Yield the claims of `page` that rest on nothing that the documentation has."""
    known = {PRACTICE}
    for file in (book.settings.pages / "_inventories").glob("*.inv"):
        listed = zlib.decompress(file.read_bytes().split(b"\n", 4)[4]).decode("utf-8")
        known.update(_ENTRY.findall(listed))
    for claim in book.all_claims:
        if claim.file == page and claim.rests not in known and not claim.unknown:
            yield (
                f"{claim.place}: mark: claim {claim.id!r} rests on {claim.rests or 'nothing'}: "
                'name a target of the documentation\'s inventory, or rests="cpython"'
            )


def astray(book: Book, page: str) -> Iterator[str]:
    """Yield the lines of {first} and {asked} on `page` that lead nowhere."""
    for block in read(book.root / page, book.settings.pages).blocks:
        if block.name in ("first", "asked"):
            for line, target in _targets(block):
                if not target:
                    advice = f"write «Question? {_TO} page», or #claim in its place"
                    yield f"{page}:{line}: {block.name}: it leads nowhere: {advice}"
                elif not _is_there(book, target):
                    yield f"{page}:{line}: {block.name}: there is no {target}: mend the name"


def _targets(block: Block) -> Iterator[tuple[int, str]]:
    if block.name == "first":
        yield from ((block.line, page) for page in block.argument.split())
        return
    for number, line in enumerate(block.body.splitlines(), block.line + 1):
        if line.strip():
            words, _, target = line.rpartition(_TO)
            yield number, target.strip() if words.strip() else ""


def _is_there(book: Book, target: str) -> bool:
    if target.startswith("#"):
        return target[1:] in book.claims
    return (book.settings.pages / f"{target}.md").is_file()


def runs_found(book: Book, page: str, tried: Tried) -> Iterator[str]:
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
            if run.found() == run.block:
                tried.note(key, "passed", "", monotonic() - began)
            else:
                yield f"{place}: the explorer finds another run: run make accept"
        except (CannotExplore, SnippetError, ValueError) as error:
            yield f"{place}: {error}"
