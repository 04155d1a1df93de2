"""Checks one page in seconds: `make check PAGE=tasks/gather`.

Its shape and words, its marks, its outputs, its proofs, and mutants of what it shows: a line for
each finding, with the place and what to do.  What reading shows is told at once, before anything
runs; mutants are tried if all else runs well.  What was tried here and came out well isn't tried
again as long as nothing changes on which it hangs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from time import monotonic

from proven.book import Book, Tried, remembered
from proven.book.laws import lawless
from proven.checks.hollow import empty
from proven.checks.mutants.report import LEFT
from proven.checks.passed import unknown
from proven.claims import disagreements, nowhere, nowhere_checked
from proven.proofs import too_narrow
from proven.shown import Shown, outputs_in, record, replay
from proven.stage import SnippetError

from handbook.authors.check import built
from handbook.authors.check.command import run
from handbook.authors.check.failing import failing
from handbook.authors.check.linted import linted
from handbook.authors.check.runs import unlike_runs
from handbook.domain.store import is_question
from handbook.style.command import code, findings

OTHER = "other output"
"""What `replay` says of a program that ended well and printed something else."""
_WAITS = re.compile(r"perform_script|ways_processes")
_FEW = 3
"""Proofs that one process runs before several have started."""
_SECONDS = 4
"""That mutants may take: those of clusters would take minutes."""
_HOUSE = "tests/handbook/house"
_RULES = "(fits_the_page and {}) or silenced_for_a_reason or marked_message"
"""Which tests there, for the chapter of a page."""


def check(book: Book, name: str) -> Iterator[str]:
    """Yield what is wrong with page `name`, a line each.  ValueError if there is no such page."""
    page = f"{book.settings.name_of(book.settings.pages)}/{name}.md"
    test = test_of(book, name)
    places = set()
    own = _own(book, page, test)
    for file, finding in chain(findings(book.root, [name]), code(book.root, own)):
        places.add(place := f"{book.settings.name_of(file)}:{finding.line}")
        yield f"{place}: {finding.rule}: {finding.text}"
    yield from _marks(book, page, test)
    # Those who come after it needn't search the texts again.
    book.memo.save()
    with ThreadPoolExecutor(3) as pool:
        running = [
            pool.submit(lambda: list(_proofs(book, name, test))),
            pool.submit(lambda: list(_house(book, name))),
            pool.submit(lambda: list(linted(book, [*map(book.settings.name_of, own)]))),
        ]
        if built.is_built(book):
            running.append(pool.submit(lambda: list(built.problems(book, page, places))))
        # In this thread: only the main one can end a play that hangs.
        tried = Tried(book.root, test)
        outputs = [*_outputs(book, page, tried), *unlike_runs(book, page, tried)]
        yield from outputs
        failing = [line for each in running for line in each.result()]
        yield from failing
    if not failing and not outputs:
        # What fails anyway tells nothing of mutants, which take longest.
        yield from _mutants(book, test)


def _own(book: Book, page: str, test: str) -> list[Path]:
    """Return the snippets and the proofs of a page, as far as they are there."""
    files = [book.root / test, *map(book.snippet, book.snippets_of(page, test))]
    return [file for file in files if file.is_file()]


def test_of(book: Book, name: str) -> str:
    """Return the file of proofs of page `name`, relative to the root."""
    chapter, _, question = name.rpartition("/")
    tests = book.settings.name_of(book.settings.tests)
    return f"{tests}/{chapter}/test_{question.replace('-', '_')}.py"


def _marks(book: Book, page: str, test: str) -> Iterator[str]:
    proofs = [proof for proof in book.all_proofs if proof.file == test]
    for mark, problem in (
        *disagreements(book.all_claims, book.all_proofs),
        *too_narrow(proofs),
        *empty(proofs),
        *lawless(book.all_claims, book.all_laws),
        *(
            (mark, f"claim {mark.id!r}: {problem}")
            for mark, problem in nowhere_checked(book.all_claims, book.settings.pythons)
        ),
    ):
        if mark.file in (page, test):
            yield f"{mark.place}: mark: {problem}"


def _outputs(book: Book, page: str, tried: Tried) -> Iterator[str]:
    # The book's own list has one page for an output that two show.
    for shown in outputs_in({page: book.text(book.root / page)}):
        place = f"{page}:{shown.line}"
        if nowhere(dict(shown.only), book.settings.pythons):
            yield f"{place}: output: {shown.name}: it is checked on no interpreter: widen its range"
        key = tried.key_of_output(shown, book.settings.snippets, "in order")
        if not tried.get(key):
            began = monotonic()
            if problem := _problem(book, shown, tried):
                yield f"{place}: {problem}"
            else:
                tried.note(key, "passed", "", monotonic() - began)


def _problem(book: Book, shown: Shown, tried: Tried) -> str:
    """Play an output and return what is wrong with it, "" if it is as its page shows it."""
    began, snippets = monotonic(), book.settings.snippets
    finding = replay(shown, snippets, book.text(book.root / shown.page))
    if finding.outcome == "failed":
        name = shown.page.removeprefix(f"{book.settings.name_of(book.settings.pages)}/")
        # A program that fails must be mended: make accept would refuse it, too.
        advice = f": run make accept PAGE={name.removesuffix('.md')}" * (finding.why == OTHER)
        return f"output: {shown.name}: {finding.why}{advice}"
    if finding.outcome == "passed":
        # The check of mutants asks for it, too.
        key = tried.key_of_output(shown, snippets)
        tried.note(key, "passed", "", monotonic() - began)
        if _hides_an_order(shown, snippets):
            return (
                f"order: {shown.name}: the program decides the order of its lines: drop "
                ":order: any, or nobody notices another one"
            )
    return ""


def _hides_an_order(shown: Shown, snippets: Path) -> bool:
    """Tell whether `:order: any` stands where the virtual clock knows one order only."""
    if not shown.any_order or len(set(shown.lines)) == 1:
        return False
    try:
        return record(shown.name, shown.terms, snippets).timed
    except SnippetError:
        return False  # a tie: real time would decide


def _proofs(book: Book, name: str, test: str) -> Iterator[str]:
    if (book.root / test).is_file():
        yield from failing(book, test, "proof", "-p", "proven.checks.passed", *_at_once(book, test))
    elif is_question(name):
        yield f"{test}: proof: there is no such file: write the proofs of the page's claims there"


def _at_once(book: Book, test: str) -> list[str]:
    """Return pytest's options: many proofs that play processes, which wait, run side by side."""
    if not _WAITS.search(book.text(book.root / test)):
        return []
    return ["-n", "4"] if len(unknown(book, test)) > _FEW else []


def _house(book: Book, name: str) -> Iterator[str]:
    """Yield what breaks those rules for the whole book that a new page breaks most often."""
    if (book.root / _HOUSE).is_dir():
        chapter = name.partition("/")[0]
        yield from failing(book, _HOUSE, "house", "-k", _RULES.format(chapter))


def _mutants(book: Book, test: str) -> Iterator[str]:
    done = run(book, "proven.checks.mutants", "--changed", "--within", str(_SECONDS), test)
    *said, _counts = done.stdout.splitlines() or [""]
    yield from said
    if done.returncode and done.stderr:
        problem = done.stderr.strip().splitlines()[-1].removeprefix("ValueError: ")
        yield f"{test}: mutants: {problem}"


def main() -> int:
    """Check pages; print what is wrong and return how the run ended."""
    parser = argparse.ArgumentParser(prog="make check", description=main.__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="as in tasks/gather")
    parser.add_argument("--root", default=".")
    options = parser.parse_args()
    os.chdir(options.root)
    book = remembered(".")
    if not options.pages:
        parser.error("name a page, as in make check PAGE=tasks/gather")
    is_wrong = is_left = False
    try:
        for line in chain.from_iterable(check(book, name) for name in options.pages):
            print(line, flush=True)
            is_left = is_left or line.startswith(LEFT)
            is_wrong = is_wrong or not line.startswith(LEFT)
    except SyntaxError as error:
        print(f"{error.filename}:{error.lineno}: syntax: {error.msg}: mend it first")
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not is_wrong:
        rest = " so far: make changed tries the rest" if is_left else ""
        print(f"Nothing to mend{rest}.")
    if not built.is_built(book):
        print(built.UNBUILT)
    return int(is_wrong)
