"""What a release would contain, and every reason why it can't be made: `make release`.

It is dry: it reads, compares and prints.  `make release TAG=1` sets the tag if nothing
stands in the way.  Tests, browser and realtime have passed when it is called: the
Makefile runs them first.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proven.book import Book
from proven.checks import environment
from proven.claims import excluded
from proven.findings import COVERAGE, MUTANTS, STRESS, Evidence, loaded

LEAST_STRESS = 20
"""Runs of the whole suite without which nobody knows that no luck is needed."""
_DATED = re.compile(r"^## ([\d.]+) — \d{4}-\d\d-\d\d$", re.M)
_CHECKED = ("snippets", "tests", "source/_ext")
_MADE = ("build/html/index.html", "build/handbook.pdf", "build/handbook.epub")


def reasons(book: Book) -> Iterator[str]:
    """Yield why the book at this commit is no release."""
    yield from _versions(book.root)
    yield from _history(book.root)
    yield from _evidence(book)
    yield from _mutants(book)
    yield from _numbers(book)
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
    changes = _DATED.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if version not in changes:
        yield f"CHANGELOG.md: no heading «## {version} — YYYY-MM-DD»: say what the release brings"


def _history(root: Path) -> Iterator[str]:
    tag = f"v{version_of(root)}"
    if _git(root, "status", "--porcelain"):
        yield "git: there are changes that are not committed"
    if _git(root, "tag", "--list", tag):
        yield f"git: the tag {tag} is there already: raise the version in pyproject.toml"


def _evidence(book: Book) -> Iterator[str]:
    taken = {evidence.version: evidence for evidence in book.evidence}
    for python in book.settings.pythons:
        if python not in taken:
            yield f"evidence: none of {python}: make evidence PYTHONS=python{python}"
            continue
        yield from _of_interpreter(book, taken[python])


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
                if outcome == "failed" or (outcome == "skipped" and not outside):
                    yield f"evidence of {evidence.version}: {key}: {outcome}"
            if outcome == "stale":
                some = ", ".join(keys[:3]) + (" …" if len(keys) > 3 else "")
                yield (
                    f"evidence of {evidence.version}: {len(keys)} {part} are not checked as they "
                    f"are now ({some}): make evidence"
                )


def _by_outcome(ranges: dict[str, Any], current: dict[str, Any]) -> dict[str, list[str]]:
    outcomes: dict[str, list[str]] = {}
    for key in ranges:
        outcome = current[key].outcome if key in current else "stale"
        outcomes.setdefault(outcome, []).append(key)
    return outcomes


def _mutants(book: Book) -> Iterator[str]:
    report = loaded(book.settings.evidence / MUTANTS)
    prints = {"claims": book.fingerprints["proofs"], "snippets": book.fingerprints["examples"]}
    for part, wanted in prints.items():
        entries = report.get(part, {})
        stale = [key for key, print in wanted.items() if entries.get(key, {}).get("hash") != print]
        if stale:
            yield f"mutants: {len(stale)} {part} were tried as they were before: make mutants"
    for name, entry in report.get("snippets", {}).items():
        if entry.get("survivors"):
            yield f"mutants: snippets/{name}.py: nobody notices {len(entry['survivors'])} of them"
    for id, entry in report.get("claims", {}).items():
        if entry.get("vacuous"):
            yield f"mutants: nothing breaks the proof of {id}"


def _numbers(book: Book) -> Iterator[str]:
    folder = book.settings.evidence
    stress, coverage = loaded(folder / STRESS), loaded(folder / COVERAGE)
    if stress.get("failed", 1):
        yield f"stress: {stress.get('failed', 'no')} tests failed: make stress"
    if stress.get("runs", 0) < LEAST_STRESS:
        yield f"stress: {stress.get('runs', 0)} runs, at least {LEAST_STRESS} are needed"
    if coverage.get("unreached", 1):
        yield f"coverage: {coverage.get('unreached', 'all')} lines are not reached"
    for name, dated in (("stress", stress), ("coverage", coverage)):
        last = _git(
            book.root, "log", "-1", "--format=%cs", "--", "snippets", "tests", "source/_ext"
        )
        if last and dated.get("date", "") < last:
            yield f"{name}: of {dated.get('date', 'never')}, the tests are of {last}: make {name}"


def _made(root: Path) -> Iterator[str]:
    yield from (f"{name}: there is none: make" for name in _MADE if not (root / name).is_file())


def forged(book: Book) -> Iterator[str]:
    """Yield where the evidence of this interpreter isn't what a run on it gives, now.

    A result that somebody wrote by hand doesn't come out.  It takes minutes.
    """
    flags = getattr(sys, "abiflags", "")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}{flags}"
    evidence = next((each for each in book.evidence if each.version == version), None)
    if evidence is None:
        return
    out = book.root / "build/release-findings.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "proven.checks.evidence", "--inside", str(out)]
    subprocess.run(
        command, cwd=book.root, env=environment(), stdout=subprocess.DEVNULL, check=False
    )
    if not out.is_file():
        yield "evidence: it could not be taken on this interpreter: make evidence tells why"
        return
    run = loaded(out)
    for part in ("claims", "examples"):
        for key, finding in evidence.part(part).items():
            now = run[part].get(key, {}).get("outcome")
            if now != finding.outcome:
                yield f"evidence of {version}: {key}: it says {finding.outcome}, a run {now}"


def external(root: Path) -> Iterator[str]:
    """Yield dead links to other sites; nothing where there is no network."""
    try:
        socket.create_connection(("docs.python.org", 443), timeout=3).close()
    except OSError:
        print("External links: not looked at, there is no network.")
        return
    report = root / "build/links/output.txt"
    report.unlink(missing_ok=True)
    options = ["-c", ".", "-d", "build/doctrees", "-q", "-b", "linkcheck", "source", "build/links"]
    subprocess.run(
        [sys.executable, "-m", "sphinx", *options],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if not report.is_file():
        yield "links: sphinx could not look at them: what it says above tells why"
        return
    for line in report.read_text(encoding="utf-8").splitlines():
        if "[broken]" in line:
            yield f"source/{line}"


def _contents(book: Book) -> Iterator[str]:
    yield f"Version {version_of(book.root)}, {_git(book.root, 'log', '-1', '--format=%h %cs %s')}"
    questions = {claim.file for claim in book.all_claims}
    yield (
        f"{len(questions)} pages with claims, {len(book.snippets)} snippets, "
        f"{len(book.claims)} claims, evidence of {len(book.evidence)} interpreters"
    )
    for name in _MADE[1:]:
        if (book.root / name).is_file():
            yield f"{name}: {(book.root / name).stat().st_size / 1e6:.1f} MB"
    pages = list((book.root / "build/html").rglob("*.html"))
    yield f"build/html: {len(pages)} pages"


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout.strip()


def main() -> int:
    """Print what a release would contain and what stands in its way; tag it if asked to."""
    parser = argparse.ArgumentParser(prog="make release", description=main.__doc__)
    parser.add_argument("--tag", action="store_true", help="set the tag if nothing is in the way")
    parser.add_argument("--root", default=".")
    options = parser.parse_args()
    os.chdir(options.root)
    book = Book.at(".")
    print("\n".join(_contents(book)))
    wrong = [*reasons(book), *external(book.root)] or list(forged(book))
    if wrong:
        print(f"\nNo release, for {len(wrong)} reasons:")
        print("\n".join(wrong))
        return 1
    tag = f"v{version_of(book.root)}"
    print(f"\nNothing stands in the way of {tag}.")
    if options.tag:
        subprocess.run(["git", "tag", "-a", tag, "-m", tag], check=True)
        print(f"The tag {tag} is set: git push origin {tag} publishes it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
