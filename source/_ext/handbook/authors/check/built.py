"""What the build says of one page, in a second or two: links, terms, directives, questions.

It reads and resolves that page alone, on top of what the last build of the book has read, which
it copies: a build that found faults must find them again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Set
from pathlib import Path
from tempfile import TemporaryDirectory

from proven.book import Book

from handbook.authors.check.command import run

_PICKLE = "environment.pickle"
UNBUILT = "the build wasn't asked for links and directives, as there was none yet: make html"


def is_built(book: Book) -> bool:
    """Tell whether there is a build to stand on."""
    return (book.root / "build/doctrees" / _PICKLE).is_file()


def problems(book: Book, page: str, reported: Set[str]) -> Iterator[str]:
    """Yield what a build warns of in `page` ("source/tasks/gather.md"), with its place.

    reported: the places of which something is said already, better than Sphinx would.
    """
    name = page.removeprefix(f"{book.settings.name_of(book.settings.pages)}/")
    # Another check may run beside this one.
    with TemporaryDirectory(dir=book.root / "build", prefix="check-") as folder:
        own = Path(folder, "doctrees")
        shutil.copytree(book.root / "build/doctrees", own)
        # Without it the page is read, whether it changed or not.
        (own / name).with_suffix(".doctree").unlink(missing_ok=True)
        # Named, it is the only one whose links are resolved.
        folders = ("-c", ".", "-d", str(own), "source", str(Path(folder, "dummy")), page)
        done = run(book, "handbook", "-q", "-n", "-b", "dummy", *folders)
    said = done.stderr.replace(f"{book.root}/", "")
    warnings = re.findall(rf"^({re.escape(page)}(?::\d+)?): \w+: (.+)$", said, re.M)
    yield from (
        f"{place}: build: {problem}" for place, problem in warnings if place not in reported
    )
    if done.returncode and not warnings:
        yield f"{page}: build: {(said.strip().splitlines() or ['it failed'])[-1]}"
