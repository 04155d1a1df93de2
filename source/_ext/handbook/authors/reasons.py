"""Every reason why the book at this commit is no release, as far as reading it tells."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from proven.book import Book
from proven.checks import stress
from proven.checks.evidence import packages_lacked
from proven.checks.mutants.mutations import is_timed, mutants_of
from proven.checks.mutants.record import pages
from proven.checks.unchanged import Contents
from proven.claims import excluded
from proven.findings import COVERAGE, MUTANTS, PARTS, STRESS, Evidence, Finding, loaded
from proven.proofs import MACHINE, asked_by

MADE = ("build/html/index.html", "build/handbook.pdf", "build/handbook.epub")
"""What readers get."""
_DATED = re.compile(r"^## ([\d.]+) — (\d{4}-\d\d-\d\d)$", re.M)
_RELEASED = re.compile(r"^date-released: *\W?([^\s'\"]*)", re.M)
_CHECKED = ("snippets", "tests", "source/_ext")


def reasons(book: Book) -> Iterator[str]:
    """Yield why the book at this commit is no release."""
    yield from _versions(book.root)
    yield from _history(book.root)
    for name, tell in _FOUND.items():
        try:
            yield from tell(book)
        except ValueError as error:
            yield str(error)
        except (AttributeError, KeyError, TypeError) as error:
            # Somebody wrote into it by hand.
            yield f"{name}: it isn't what make {name} writes ({error!r}): make {name}"
    yield from _made(book.root)


def version_of(root: Path) -> str:
    """Return the version: pyproject.toml is the place where it stands."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def _versions(root: Path) -> Iterator[str]:
    version = version_of(root)
    cited = re.search(r'^version: "?([\d.]+)', (root / "CITATION.cff").read_text("utf-8"), re.M)
    if not cited or cited[1] != version:
        yield f"CITATION.cff: version: it isn't {version}, as in pyproject.toml"
    if problem := _no_day(_RELEASED.findall((root / "CITATION.cff").read_text("utf-8"))):
        yield f"CITATION.cff: date-released: {problem}"
    changes = _DATED.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if problem := _no_day(day for _, day in changes):
        yield f"CHANGELOG.md: {problem}"
    if version not in dict(changes):
        yield f"CHANGELOG.md: no heading «## {version} — YYYY-MM-DD»: say what the release brings"


def _no_day(texts: Iterable[str]) -> str:
    """Return what is wrong with the first of these dates that can't be right, "" if with none."""
    # Somewhere it is tomorrow already.
    tomorrow = (date.today() + timedelta(1)).isoformat()
    for text in texts:
        try:
            date.fromisoformat(text)
        except ValueError:
            return f"there is no day {text}"
        if text > tomorrow:
            return f"{text} is yet to come"
    return ""


def _history(root: Path) -> Iterator[str]:
    tag = f"v{version_of(root)}"
    if git(root, "status", "--porcelain"):
        yield "git: there are changes that are not committed"
    if git(root, "tag", "--list", tag):
        yield f"git: the tag {tag} is there already: raise the version in pyproject.toml"


def _evidence(book: Book) -> Iterator[str]:
    taken = {evidence.version: evidence for evidence in book.evidence}
    for python in book.settings.pythons:
        if python not in taken:
            yield f"evidence: none of {python}: make evidence PYTHONS=python{python}"
            continue
        evidence = taken[python]
        if not re.search(rf"\b{re.escape(python.rstrip('t'))}\.", evidence.interpreter):
            yield (
                f"evidence of {python}: it was taken on {evidence.interpreter}: make evidence "
                f"PYTHONS=python{python}"
            )
        if problem := _no_day([evidence.date]):
            yield f"evidence of {python}: {problem}: make evidence PYTHONS=python{python}"
        yield from _of_interpreter(book, evidence)


def _of_interpreter(book: Book, evidence: Evidence) -> Iterator[str]:
    marks = {
        "claims": {id: dict(mark.only) for id, mark in book.claims.items()},
        "examples": {name: dict(shown.only) for name, shown in book.outputs.items()},
    }
    number = tuple(int(part) for part in evidence.version.rstrip("t").split("."))
    for part, ranges in marks.items():
        current = book.current(evidence, "claims" if part == "claims" else "examples")
        for outcome, keys in _by_outcome(ranges, current).items():
            for key in keys:
                outside = excluded(ranges[key], number, gil=not evidence.version.endswith("t"))
                may_skip = outside or (key in current and _lacks_a_module(book, key, current[key]))
                if outcome == "failed" or (outcome == "skipped" and not may_skip):
                    yield f"evidence of {evidence.version}: {key}: {outcome}"
            if outcome == "stale":
                yield (
                    f"evidence of {evidence.version}: {len(keys)} {part} are not checked as they "
                    f"are now ({_some(keys)}): make evidence"
                )


def _lacks_a_module(book: Book, key: str, finding: Finding) -> bool:
    """Tell whether it was skipped for want of a package, and passed where that can be had.

    Or of a module without which a Python may be built; no other want of a machine excuses it.
    """
    page = book.claims[key].file if key in book.claims else book.outputs[key].page
    elsewhere = {
        current[key].outcome
        for evidence in book.evidence
        for part in PARTS
        if key in (current := book.current(evidence, part))
    }
    proof = book.proofs.get(key)
    needs = asked_by(book.text(book.root / proof.file)) if proof else ()
    lacked = {f"{MACHINE}{name}" for name in needs}
    return finding.why in lacked | packages_lacked(book, page) and "passed" in elsewhere


def _by_outcome(ranges: dict[str, Any], current: dict[str, Any]) -> dict[str, list[str]]:
    outcomes: dict[str, list[str]] = {}
    for key in ranges:
        outcome = current[key].outcome if key in current else "stale"
        outcomes.setdefault(outcome, []).append(key)
    return outcomes


def _mutants(book: Book) -> Iterator[str]:
    report = loaded(book.settings.evidence / MUTANTS)
    # An exercise has no proofs who could notice: its answer's output is compared, no more.
    tried = {name for pair in pages(book) for name in book.snippets_of(*pair)}
    examples = book.fingerprints["examples"]
    prints = {
        "claims": book.fingerprints["proofs"],
        "snippets": {name: print for name, print in examples.items() if name in tried},
    }
    for part, wanted in prints.items():
        entries = report.get(part, {})
        stale = [key for key, print in wanted.items() if entries.get(key, {}).get("hash") != print]
        if stale:
            yield f"mutants: {len(stale)} {part} were tried as they were before: make mutants"
    for name, entry in report.get("snippets", {}).items():
        made = len(list(mutants_of(book.code(name), timed=is_timed(book, name))))
        if name in prints["snippets"] and entry["mutants"] != made:
            told = f"{entry['mutants']} are told, it has {made}"
            yield f"mutants: snippets/{name}.py: {told}: make mutants ALL=1"
        if entry.get("survivors"):
            yield f"mutants: snippets/{name}.py: nobody notices {len(entry['survivors'])} of them"
    for id, entry in report.get("claims", {}).items():
        if entry.get("vacuous"):
            yield f"mutants: nothing breaks the proof of {id}"


def _coverage(book: Book) -> Iterator[str]:
    coverage = loaded(book.settings.evidence / COVERAGE)
    if coverage.get("unreached", 1):
        yield f"coverage: {coverage.get('unreached', 'all')} lines are not reached"
    if problem := _no_day(filter(None, [coverage.get("date", "")])):
        yield f"coverage: {problem}: make coverage"
    last = git(book.root, "log", "-1", "--format=%cs", "--", *_CHECKED)
    if last and (taken := coverage.get("date", "")) < last:
        yield f"coverage: of {taken or 'never'}, the tests are of {last}: make coverage"


def _stress(book: Book) -> Iterator[str]:
    former = loaded(book.settings.evidence / STRESS).get("files", {})
    failed = stress.failing(former)
    yield from (f"stress: {file}: {former[file]['failed']} failed: make stress" for file in failed)
    files = stress.kept(former, Contents(book.settings).own_prints())
    if few := sorted(stress.lacking(files, stress.ENOUGH).keys() - failed):
        yield (
            f"stress: {len(few)} files of tests had, as they are now, fewer than {stress.ENOUGH} "
            f"runs ({_some(few)}): make stress"
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _made(root: Path) -> Iterator[str]:
    yield from (f"{name}: there is none: make" for name in MADE if not (root / name).is_file())


_FOUND: dict[str, Callable[[Book], Iterator[str]]] = {
    "evidence": _evidence,
    "mutants": _mutants,
    "coverage": _coverage,
    "stress": _stress,
}
"""By the command that finds it, who tells what is wrong with what it found."""


def git(root: Path, *arguments: str) -> str:
    """Return what git answers in `root`."""
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout.strip()
