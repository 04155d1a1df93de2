"""What failed of tests, in a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proven.book import Book

from handbook.authors.check.command import run

_FRAME = re.compile(r"([\w./ -]+\.py:\d+): in ")
_TEST = re.compile(r"_{3,} .+ _{3,}$")
_TRACEBACK = "Traceback (most recent call last):"
_ERROR = re.compile(r"E +([\w.]*(?:Error|Exception|Exit|Group|Interrupt)\b.*)")


def failing(book: Book, test: str, rule: str, *options: str) -> Iterator[str]:
    """Yield a line for each failure of the tests `test`, by a `rule`; options: pytest's."""
    options = ("-q", "-p", "no:cacheprovider", "--no-header", "--tb=short", *options, test)
    done = run(book, "pytest", *options)
    if done.returncode:
        lines = done.stdout.replace(f"{book.root}/", "").splitlines()
        yield from (f"{line}: {rule}" for line in _failures(lines, test)[:20] or lines[-3:])


def _failures(lines: list[str], test: str) -> list[str]:
    """Return from pytest's output what failed and in which line of `test`, not deeper."""
    failures: list[str] = []
    place, is_told = test, False
    for line in lines:
        if _TEST.match(line):
            place, is_told = test, False
        elif (frame := _FRAME.match(line)) and line.startswith(test):
            place = frame[1]
        elif line.startswith(f"{test}:") and not (is_told or _FRAME.match(line)):
            failures.append(line)  # as a proof that was skipped
            is_told = True
        elif line.startswith("E ") and not is_told:
            failures.append(f"{place}: {line[1:].strip()}")
            is_told = True
        elif failures and failures[-1].endswith(_TRACEBACK) and (error := _ERROR.match(line)):
            # The message of the assertion is what a program wrote: how that ended tells more.
            failures[-1] = failures[-1].removesuffix(_TRACEBACK) + error[1]
    errors = [line.partition(" - ")[2] for line in lines if line.startswith("ERROR ")]
    # The same in each way that a proof runs.
    return list(dict.fromkeys(failures)) or [f"{test}: {error}" for error in errors]
