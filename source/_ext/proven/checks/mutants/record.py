"""What is known of the mutants: which pages have to be tried, and how findings add up.

The report in the repository tells of all pages; beside it, in `build`, stands what was found
since.  A page needn't be tried as long as its claims, proofs and snippets are what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proven.book import Book
from proven.checks.mutants.mutations import is_timed
from proven.checks.mutants.report import text_of
from proven.findings import EXCUSES, MUTANTS, Mutation, excuse, fits, loaded

Pair = tuple[str, str]
"""A page and its file of proofs, relative to the root."""
Report = dict[str, Any]


def pages(book: Book) -> list[Pair]:
    """Return all pages with proofs."""
    ids = book.fingerprints["proofs"]
    return sorted({(book.claims[id].file, book.proofs[id].file) for id in ids})


def found_since(book: Book) -> Path:
    """Return the file of what was found since the report was written; git ignores it."""
    return book.root / "build" / MUTANTS


def report_now(book: Book) -> Report:
    """Return what the report tells, and what was found since."""
    report = loaded(book.settings.evidence / MUTANTS)
    return merged(book, report, loaded(found_since(book)))


def merged(book: Book, *reports: Report) -> Report:
    """Return all reports as one, a later one before an earlier, of what is in the book.

    Where both are out of date it doesn't matter which; one that is not wins.
    """
    prints = {"snippets": book.fingerprints["examples"], "claims": book.fingerprints["proofs"]}
    data: Report = {"snippets": {}, "claims": {}}
    for report in reports:
        for part, now in prints.items():
            for key, entry in report.get(part, {}).items():
                is_there = key in now if part == "claims" else bool(book.code(key))
                is_current = entry["hash"] == now.get(key, "")
                if is_there and (is_current or key not in data[part]):
                    data[part][key] = entry
    return data


def untried(book: Book, report: Report) -> list[Pair]:
    """Return the pages of which `report` doesn't say that all is well with them as they are."""
    everything = pages(book)
    snippets = {pair: set(book.snippets_of(*pair)) for pair in everything}
    stale = {pair for pair in everything if not _is_settled(book, report, pair)}
    # Who notices a mutant may be on another page that names the snippet.
    touched = set().union(*(snippets[pair] for pair in stale))
    return [pair for pair in everything if pair in stale or snippets[pair] & touched]


def _is_settled(book: Book, report: Report, pair: Pair) -> bool:
    page, test = pair
    claims, snippets = report["claims"], report["snippets"]
    for id, print in book.fingerprints["proofs"].items():
        if book.proofs[id].file == test:
            entry = claims.get(id, {})
            if entry.get("hash") != print or entry.get("vacuous"):
                return False
    for name in book.snippets_of(page, test):
        print = book.fingerprints["examples"].get(name, "")
        entry = snippets.get(name, {"hash": None})
        if entry["hash"] != print or entry["survivors"] or any(unneeded(book, {name: entry})):
            return False
        if not all(excuse(book.excuses, name, _label(each)) for each in entry["justified"]):
            return False
    return True


def settled_in(book: Book, report: Report) -> dict[str, str]:
    """Return what breaks the proofs of which `report` tells it as they are now."""
    now = book.fingerprints["proofs"]
    return {
        id: entry["broken"]
        for id, entry in report.get("claims", {}).items()
        if "broken" in entry and entry["hash"] == now.get(id)
    }


def unneeded(book: Book, snippets: dict[str, Any]) -> Iterator[str]:
    """Yield each reason that excuses none of these snippets' mutants, with its place.

    On the real clock a mutant may be noticed now and then: there reasons stay.
    """
    for name, entry in snippets.items():
        if not is_timed(book, name):
            continue
        silent = [_label(each) for each in (*entry["justified"], *entry["survivors"])]
        for pattern in book.excuses.get(name, {}):
            # What isn't reached the check of coverage judges.
            if not pattern.startswith("not reached") and not any(
                fits(label, pattern) for label in silent
            ):
                yield f"{_place(book, name)}: {name}: {pattern}"


def _label(entry: dict[str, Any]) -> str:
    return str(Mutation.of(entry))


def _place(book: Book, name: str) -> str:
    for file in sorted(book.settings.tests.glob(f"*/{EXCUSES}")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if line.strip() == f'["{name}"]':
                return f"{book.settings.name_of(file)}:{number}"
    return EXCUSES


def write(file: Path, data: Report) -> None:
    """Write a report as a whole, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text_of(data), encoding="utf-8")
    part.replace(file)
