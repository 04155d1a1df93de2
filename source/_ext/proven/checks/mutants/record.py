"""What is known of the mutants: which pages have to be tried, and how findings add up.

The report in the repository tells of all pages; beside it, in `build`, stands what was found
since.  A page needn't be tried as long as its claims, proofs and snippets are what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proven.book import Book
from proven.book.prints import used
from proven.checks.mutants.mutations import is_timed
from proven.checks.mutants.report import text_of
from proven.findings import EXCUSES, MUTANTS, Mutation, excuse, fits, loaded

Pair = tuple[str, str]
"""A page and its file of proofs, relative to the root."""
Report = dict[str, Any]

_TWINS = (("_broken", "_fixed"), ("_fixed", "_broken"))
_FIXTURE = re.compile(r"^@pytest\.fixture.*\n(?:async )?def (\w+)", re.M)


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


def untried(book: Book, report: Report) -> dict[Pair, list[str]]:
    """Return the pages of which `report` doesn't tell all as it is now, and what they try anew.

    These are the snippets that changed, or that a proof names that changed: who notices their
    mutants may be on another page, too.
    """
    settled = settled_in(book, report)
    new: dict[str, list[str]] = {}
    for id in book.fingerprints["proofs"].keys() - settled.keys():
        new.setdefault(book.proofs[id].file, []).append(id)
    everything = {pair: book.snippets_of(*pair) for pair in pages(book)}
    touched = {name for names in everything.values() for name in names}
    touched = {name for name in touched if not _is_settled(book, report, name)}
    for ids in new.values():
        touched.update(*(_named_by(book, id) for id in ids))
    # What one of a pair doesn't notice the other may.
    touched |= {name.removesuffix(end) + other for name in touched for end, other in _TWINS}
    tried = {pair: [name for name in names if name in touched] for pair, names in everything.items()}
    return {pair: names for pair, names in tried.items() if names or pair[1] in new}


def _is_settled(book: Book, report: Report, name: str) -> bool:
    """Tell whether `report` tells of a snippet as it is now that all is well with it."""
    print = book.fingerprints["examples"].get(name, "")
    entry = report["snippets"].get(name, {"hash": None})
    if entry["hash"] != print or entry["survivors"] or any(unneeded(book, {name: entry})):
        return False
    return all(excuse(book.excuses, name, _label(each)) for each in entry["justified"])


def _named_by(book: Book, id: str) -> set[str]:
    """Return the snippets that a proof names, or that which of its file it may use."""
    text = book.alone(id)
    functions = re.findall(r"^(?:async )?def (\w+)", book.proofs[id].text, re.M)
    names = frozenset({*functions, "pytestmark", *_FIXTURE.findall(text)})
    return set(re.findall(r'"(\w+/\w+)"', used(text, names)))


def settled_in(book: Book, report: Report) -> dict[str, str]:
    """Return what breaks the proofs of which `report` tells it as they are now, "" for a reason."""
    now = book.fingerprints["proofs"]
    return {
        id: entry.get("broken", "")
        for id, entry in report.get("claims", {}).items()
        if not entry.get("vacuous") and entry["hash"] == now.get(id)
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
