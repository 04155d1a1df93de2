"""Checks one page in seconds: `make check PAGE=tasks/gather`.

Its shape and words, its marks, its outputs, its proofs, and mutants of what it shows: a line
for each finding, with the place and what to do.  With `--changed` only mutants are tried, of
all pages that differ from those of the report in the repository: make test asks for that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from proven.book import Book
from proven.checks import environment
from proven.claims import disagreements
from proven.findings import MUTANTS, loaded
from proven.shown import replay

from handbook.style.command import findings

PASSED = "build/mutants-passed.json"
"""Which pages' mutants were all noticed, by their fingerprints: they needn't be tried again."""

_ADVICE = {
    "survivor": "change the program or the proof so that somebody notices it, or say in "
    "justified.toml why nobody can",
    "vacuous": "nothing breaks this proof: let it assert what the sentence says",
    "fault": "the check of mutants could not do its work here",
}


def check(book: Book, name: str) -> list[str]:
    """Return what is wrong with page `name`, a line each.  ValueError if there is no such page."""
    page = f"{book.settings.name_of(book.settings.pages)}/{name}.md"
    style = [
        f"{book.settings.name_of(file)}:{finding.line}: {finding.rule}: {finding.text}"
        for file, finding in findings(book.root, [name])
    ]
    test = test_of(book, name)
    with ThreadPoolExecutor(2) as pool:
        proofs = pool.submit(lambda: list(_proofs(book, test)))
        mutants = pool.submit(lambda: list(_mutants(book, [test])))
        # In this thread: only the main one can end a play that hangs.
        outputs = list(_outputs(book, page))
    return [*style, *_marks(book, page, test), *outputs, *proofs.result(), *mutants.result()]


def test_of(book: Book, name: str) -> str:
    """Return the file of proofs of page `name`, relative to the root."""
    chapter, _, question = name.rpartition("/")
    tests = book.settings.name_of(book.settings.tests)
    return f"{tests}/{chapter}/test_{question.replace('-', '_')}.py"


def changed(book: Book) -> dict[str, str]:
    """Return the files of proofs whose mutants nobody has tried as they are now, and their keys."""
    report = loaded(book.settings.evidence / MUTANTS)
    passed = loaded(book.root / PASSED)
    keys = {test: _key(book, page, test) for page, test in _pages(book)}
    return {
        test: keys[test]
        for page, test in _pages(book)
        if passed.get(test) != keys[test] and not _reported(book, report, page, test)
    }


def _pages(book: Book) -> list[tuple[str, str]]:
    ids = book.fingerprints["proofs"]
    return sorted({(book.claims[id].file, book.proofs[id].file) for id in ids})


def _prints(book: Book, page: str, test: str) -> tuple[dict[str, str], dict[str, str]]:
    proofs = {
        id: print
        for id, print in book.fingerprints["proofs"].items()
        if book.proofs[id].file == test
    }
    examples = book.fingerprints["examples"]
    shown = {name: examples[name] for name in book.snippets_of(page, test) if name in examples}
    return proofs, shown


def _key(book: Book, page: str, test: str) -> str:
    text = json.dumps([_prints(book, page, test), sys.version], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _reported(book: Book, report: dict[str, Any], page: str, test: str) -> bool:
    proofs, shown = _prints(book, page, test)
    claims, snippets = report.get("claims", {}), report.get("snippets", {})
    return all(
        known.get(key, {}).get("hash") == print and not known[key].get(bad)
        for known, prints, bad in ((claims, proofs, "vacuous"), (snippets, shown, "survivors"))
        for key, print in prints.items()
    )


def _marks(book: Book, page: str, test: str) -> Iterator[str]:
    for mark, problem in disagreements(book.all_claims, book.all_proofs):
        if mark.file in (page, test):
            yield f"{mark.place}: mark: {problem}"


def _outputs(book: Book, page: str) -> Iterator[str]:
    name = page.removeprefix(f"{book.settings.name_of(book.settings.pages)}/").removesuffix(".md")
    for shown in book.outputs.values():
        if shown.page == page:
            finding = replay(shown, book.settings.snippets)
            if finding.outcome == "failed":
                advice = f"run make accept PAGE={name}"
                yield f"{page}:{shown.line}: output: {shown.name}: {finding.why}: {advice}"


def _proofs(book: Book, test: str) -> Iterator[str]:
    if not (book.root / test).is_file():
        yield f"{test}: proof: there is no such file: write the proofs of the page's claims there"
        return
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", test]
    done = _run(book, "pytest", *options)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if ".py:" in line or "rror" in line]
        told = lines or done.stdout.splitlines()[-3:]
        yield from (f"{line.removeprefix(str(book.root) + '/')}: proof" for line in told[:20])


def _mutants(book: Book, tests: list[str]) -> Iterator[str]:
    done = _run(book, "proven.checks.mutants", *tests)
    if done.returncode:
        for line in done.stdout.splitlines():
            kind, _, rest = line.partition(": ")
            if kind in _ADVICE:
                yield f"{rest}: {kind}: {_ADVICE[kind]}"
        if done.stderr:
            yield f"{tests[0]}: mutants: {done.stderr.strip().splitlines()[-1]}"


def _run(book: Book, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=book.root,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _try_changed(book: Book) -> list[str]:
    """Try the mutants of changed pages, and remember those that passed."""
    fresh = changed(book)
    if not fresh:
        return []
    wrong = list(_mutants(book, sorted(fresh)))
    if not wrong:
        file = book.root / PASSED
        file.parent.mkdir(exist_ok=True)
        text = json.dumps(loaded(file) | fresh, indent=1, sort_keys=True)
        part = file.with_suffix(".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(file)
    return wrong


def main() -> int:
    """Check a page, or what changed; print what is wrong and return how the run ended."""
    parser = argparse.ArgumentParser(prog="make check", description=main.__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="as in tasks/gather")
    parser.add_argument("--changed", action="store_true", help="mutants of all that changed")
    parser.add_argument("--root", default=".")
    options = parser.parse_args()
    os.chdir(options.root)
    book = Book.at(".")
    if not options.pages and not options.changed:
        parser.error("name a page, as in make check PAGE=tasks/gather")
    try:
        wrong = [line for name in options.pages for line in check(book, name)]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.changed:
        wrong += _try_changed(book)
    print("\n".join(wrong) if wrong else "Nothing to mend.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
