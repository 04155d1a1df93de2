"""What is known of the mutants: which pages have to be tried, and how findings add up.

The report in the repository tells of all pages; beside it, in `build`, stands what was found
since.  A page needn't be tried as long as its claims, proofs and snippets are what they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proven.book import (
    Book,
    Tried,
    committed,
    gets,
    hangs_on_the_same,
    inputs_of,
    snippets_in,
)
from proven.checks.mutants.mutations import is_timed, mutants_of
from proven.checks.mutants.report import text_of, unrun
from proven.findings import EXCUSES, MUTANTS, Mutation, excuse, fits, loaded

Pair = tuple[str, str]
"""A page and its file of proofs, relative to the root."""
Report = dict[str, Any]

_TWINS = (("_broken", "_fixed"), ("_fixed", "_broken"))
_BROKEN = "broken"


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

    Where both are out of date it doesn't matter which; one that is not wins.  What is unfinished
    doesn't count.
    """
    prints = {"snippets": book.fingerprints["examples"], "claims": book.fingerprints["proofs"]}
    data: Report = {"snippets": {}, "claims": {}}
    for report in reports:
        for part, now in prints.items():
            for key, entry in report.get(part, {}).items():
                if entry.get("left"):
                    continue
                is_there = key in now if part == "claims" else bool(book.code(key))
                is_current = entry["hash"] == now.get(key, "")
                if is_there and (is_current or key not in data[part]):
                    data[part][key] = entry
    return data


def untried(book: Book, report: Report, settled: dict[str, str]) -> dict[Pair, list[str]]:
    """Return the pages of which `report` doesn't tell all as it is now, and what they try anew.

    These are the snippets that changed, or that a proof names that isn't `settled`: who notices
    their mutants may be on another page, too.
    """
    new: dict[str, list[str]] = {}
    for id in book.fingerprints["proofs"].keys() - settled.keys():
        new.setdefault(book.proofs[id].file, []).append(id)
    everything = {pair: book.snippets_of(*pair) for pair in pages(book)}
    touched = {name for names in everything.values() for name in names}
    touched = {name for name in touched if not _is_settled(book, report, name)}
    touched.update(snippets_in(book, (gets(book, id) for ids in new.values() for id in ids)))
    # What one of a pair doesn't notice the other may.
    touched |= {name.removesuffix(end) + other for name in touched for end, other in _TWINS}
    for pair, names in everything.items():
        everything[pair] = [name for name in names if name in touched]
    return {pair: names for pair, names in everything.items() if names or pair[1] in new}


def _is_settled(book: Book, report: Report, name: str) -> bool:
    """Tell whether `report` tells of a snippet as it is now that all is well with it."""
    print = book.fingerprints["examples"].get(name, "")
    entry = report["snippets"].get(name, {"hash": None})
    if entry["hash"] != print or entry["survivors"] or any(unneeded(book, {name: entry})):
        return False
    return all(excuse(book.excuses, name, _label(each)) for each in entry["justified"])


def settled_in(book: Book, report: Report) -> dict[str, str]:
    """Return what breaks the proofs of which `report` tells it as they are now, "" for a reason."""
    now = book.fingerprints["proofs"]
    return {
        id: entry.get("broken", "")
        for id, entry in report.get("claims", {}).items()
        if not entry.get("vacuous") and entry["hash"] == now.get(id)
    }


def remember(book: Book, report: Report, settled: dict[str, str], test: str) -> None:
    """Add to `settled` what was known of the proofs in `test` when all they hang on was the same.

    Their prints take in all snippets of the page.  What is known now is noted for later; what
    `report` knows of the last commit counts as well.
    """
    tried, old = Tried(book.root, test), committed(book)
    then = settled_in(old, report) if old else {}
    for id, proof in book.proofs.items():
        if proof.file == test:
            if old and id in then.keys() - settled.keys() and hangs_on_the_same(book, old, id):
                settled[id] = then[id]
            key = tried.key_of_proof(proof.test, inputs_of(book, id), _BROKEN)
            if id in settled and not tried.get(key):
                tried.note(key, _BROKEN, settled[id], 0.0)
            elif outcome := tried.get(key):
                settled[id] = outcome.how


def unneeded(book: Book, snippets: dict[str, Any]) -> Iterator[str]:
    """Yield each reason that excuses none of these snippets' mutants, with its place.

    On the real clock a mutant may be noticed now and then: there reasons stay.
    """
    for name, entry in snippets.items():
        if entry.get("left") or not is_timed(book, name):
            continue
        silent = [_label(each) for each in (*entry["justified"], *entry["survivors"])]
        for pattern in book.excuses.get(name, {}):
            # What isn't reached the check of coverage judges.
            if not pattern.startswith("not reached") and not any(
                fits(label, pattern) for label in silent
            ):
                yield f"{_place(book, name)}: {name}: {pattern}"


def survivors(book: Book, name: str, entry: dict[str, Any]) -> Iterator[str]:
    """Yield the place of each mutant that nobody notices, and its key in EXCUSES."""
    made = mutants_of(book.code(name), timed=is_timed(book, name))
    lines = {each.mutation: each.at for each in made}
    for survivor in map(Mutation.of, entry["survivors"]):
        label = str(survivor)
        key = json.dumps(label, ensure_ascii=False) if "'" in label else f"'{label}'"
        yield f"snippets/{name}.py:{lines[survivor]}: {key}"


def complaints(book: Book, data: Report) -> dict[str, list[str]]:
    """Return what is wrong by `data`, which has faults, too: places by their kind in ADVICE."""
    snippets, claims = data["snippets"], data["claims"]
    return {
        "survivor": [
            place for name, each in snippets.items() for place in survivors(book, name, each)
        ],
        "vacuous": [
            f"{book.proofs[id].place}: {id}{unrun(book, id)}"
            for id, entry in claims.items()
            if "vacuous" in entry
        ],
        "unneeded": list(unneeded(book, snippets)),
        "fault": data["faults"],
    }


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
